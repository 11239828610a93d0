/** Datapath plugin for `iscsi:` URIs. See README.md. */
import { driverLine } from '../../src/engine/engines.ts'
import { qsdDatapath } from '../../src/engine/qsd/datapath.ts'
import { qsdDiagnostics } from '../../src/engine/qsd/datapath-diagnostics.ts'
import { definePlugin, runPlugin } from '../../src/kit/index.ts'
import { iscsiDriver } from './driver.ts'

void runPlugin(
  definePlugin({
    query: {
      plugin: 'iscsi',
      name: 'Logical units of iSCSI targets',
      description: 'Reaches iscsi: URIs through QEMU, without a session of the kernel',
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: {},
      features: ['VDI_MIRROR', 'VDI_MIRROR_IN'],
    },
    Plugin: { diagnostics: () => qsdDiagnostics('iscsi', [driverLine('iscsi', 'libiscsi')]), ls: () => [] },
    ...qsdDatapath(iscsiDriver),
  }),
)
