/** Volume plugin: an SR is a directory, a volume a raw sparse image in it. See README.md. */
import { FEATURES, imagesPlugin } from '../../src/engine/images/plugin.ts'
import { definePlugin, runPlugin } from '../../src/kit/index.ts'
import { CONFIGURATION_KEYS, driver } from './driver.ts'

void runPlugin(
  definePlugin({
    query: {
      plugin: driver.plugin,
      name: 'Directory of images',
      description: 'Volumes are raw sparse image files in a directory of this host',
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: CONFIGURATION_KEYS,
      features: FEATURES,
    },
    ...imagesPlugin(driver),
  }),
)
