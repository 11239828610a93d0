/** The plugin, under any of the names that volume plugins give out. */
import { definePlugin, type Plugin } from '../../src/kit/index.ts'
import { data, datapath } from './datapath.ts'
import { diagnostics } from './diagnostics.ts'
import { mirrorsByDefault } from './driver.ts'

/** The plugin for a scheme; `name` and `description` are what Plugin.query says. */
export function filePlugin(scheme: string, name: string, description: string): Plugin {
  return definePlugin({
    query: {
      plugin: scheme,
      name,
      description,
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: {},
      features: ['VDI_MIRROR_IN'],
      undeclared: mirrorsByDefault(scheme) ? [] : ['VDI_MIRROR'],
    },
    Plugin: { diagnostics: () => diagnostics(scheme), ls: () => [] },
    Datapath: datapath,
    Data: data,
  })
}
