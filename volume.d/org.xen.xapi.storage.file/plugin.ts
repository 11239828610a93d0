/** Volume plugin: an SR is a directory, a volume an image in it. See README.md. */
import { FEATURES, runImagesPlugin } from '../../src/engine/images/plugin.ts'
import { CONFIGURATION_KEYS, driver } from './driver.ts'

void runImagesPlugin(driver, {
  plugin: driver.plugin,
  name: 'Directory of images',
  description: 'Volumes are qcow2, raw or VHD images in a directory of this host',
  vendor: 'smapiv3',
  copyright: '© the smapiv3 authors, MIT licence',
  version: '0.1.0',
  configuration: CONFIGURATION_KEYS,
  features: FEATURES,
})
