/** Datapath plugin for `nfs:` URIs. See README.md. */
import { driverLine } from '../../src/engine/engines.ts'
import { qsdDatapath } from '../../src/engine/qsd/datapath.ts'
import { qsdDiagnostics } from '../../src/engine/qsd/datapath-diagnostics.ts'
import { definePlugin, runPlugin } from '../../src/kit/index.ts'
import { nfsDriver } from './driver.ts'

void runPlugin(
  definePlugin({
    query: {
      plugin: 'nfs',
      name: 'Images on NFS servers',
      description: 'Reaches nfs: URIs through QEMU, without a mount',
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: {},
      features: ['VDI_MIRROR', 'VDI_MIRROR_IN'],
    },
    Plugin: { diagnostics: () => qsdDiagnostics('nfs', [driverLine('nfs', 'libnfs')]), ls: () => [] },
    ...qsdDatapath(nfsDriver),
  }),
)
