/** Datapath plugin for `https:` URIs. See README.md. */
import { driverLine, programLine } from '../../src/engine/engines.ts'
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
    Plugin: {
      diagnostics: () => qsdDiagnostics('https', [driverLine('curl', 'libcurl-gnutls'), relayLine()]),
      ls: () => [],
    },
    ...qsdDatapath(httpsDriver),
  }),
)

function relayLine(): string {
  return programLine({ program: 'nbdkit', package: 'nbdkit', purpose: 'with the option ca' })
}
