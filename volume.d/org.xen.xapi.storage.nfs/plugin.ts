/** Volume plugin: an SR is a directory on an NFS server, a volume an image in it. See README.md. */
import { CONFIGURATION_KEYS, FEATURES, runImagesPlugin } from '../../src/engine/images/plugin.ts'
import { isServing, serve } from '../../src/engine/nfs/serve.ts'
import { driver } from './driver.ts'
import { LOCATION_KEYS } from './location.ts'

const query = {
  plugin: driver.plugin,
  name: 'Images on NFS servers',
  description: 'Volumes are qcow2, raw or VHD images in a directory of an NFS server',
  vendor: 'smapiv3',
  copyright: '© the smapiv3 authors, MIT licence',
  version: '0.1.0',
  configuration: { ...LOCATION_KEYS, ...CONFIGURATION_KEYS },
  features: FEATURES,
}

void (isServing() ? serve() : runImagesPlugin(driver, query))
