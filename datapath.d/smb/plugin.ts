/** Datapath plugin for `smb:` URIs. See README.md. */
import { qsdDatapath } from '../../src/engine/qsd/datapath.ts'
import { definePlugin, runPlugin } from '../../src/kit/index.ts'
import { diagnostics } from './diagnostics.ts'
import { smbDriver } from './driver.ts'

void runPlugin(
  definePlugin({
    query: {
      plugin: 'smb',
      name: 'Images on SMB shares',
      description: 'Reaches smb: URIs through QEMU and a mount of the share',
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: {},
      features: ['VDI_MIRROR', 'VDI_MIRROR_IN'],
    },
    Plugin: { diagnostics, ls: () => [] },
    ...qsdDatapath(smbDriver),
  }),
)
