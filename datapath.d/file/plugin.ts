/** Datapath plugin for `file:` URIs: raw image files and block devices. See README.md. */
import { definePlugin, runPlugin } from '../../src/kit/index.ts'
import * as datapath from './datapath.ts'
import { diagnostics } from './diagnostics.ts'

void runPlugin(
  definePlugin({
    query: {
      plugin: 'file',
      name: 'Raw image files and block devices',
      description: 'Reaches file: URIs directly, or through a loop device',
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: {},
    },
    Plugin: { diagnostics, ls: () => [] },
    Datapath: {
      attach: datapath.attach,
      activate: datapath.activate,
      activate_readonly: datapath.activateReadonly,
      deactivate: datapath.deactivate,
      detach: datapath.detach,
    },
  }),
)
