/** Datapath plugin for `rbd:` URIs. See README.md. */
import { driverLine } from '../../src/engine/engines.ts'
import { qsdDatapath } from '../../src/engine/qsd/datapath.ts'
import { qsdDiagnostics } from '../../src/engine/qsd/datapath-diagnostics.ts'
import { definePlugin, runPlugin } from '../../src/kit/index.ts'
import { rbdDriver } from './driver.ts'

void runPlugin(
  definePlugin({
    query: {
      plugin: 'rbd',
      name: 'Images in Ceph pools',
      description: 'Reaches rbd: URIs through QEMU, without a device of the kernel',
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: {},
      features: ['VDI_MIRROR', 'VDI_MIRROR_IN'],
    },
    Plugin: { diagnostics: () => qsdDiagnostics('rbd', [driverLine('rbd', 'librbd')]), ls: () => [] },
    ...qsdDatapath(rbdDriver),
  }),
)
