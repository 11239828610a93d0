/** Datapath plugin for `https:` URIs. See README.md. */
import { qsdDatapath } from '../../src/engine/qsd/datapath.ts'
import { qsdDiagnostics } from '../../src/engine/qsd/datapath-diagnostics.ts'
import { definePlugin, runPlugin } from '../../src/kit/index.ts'
import { httpsDriver } from './driver.ts'

void runPlugin(
  definePlugin({
    query: {
      plugin: 'https',
      name: 'Images on HTTPS servers',
      description: 'Reaches https: URIs through QEMU, for reading',
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: {},
      features: ['VDI_MIRROR'],
    },
    Plugin: { diagnostics: () => qsdDiagnostics('https'), ls: () => [] },
    ...qsdDatapath(httpsDriver),
  }),
)
