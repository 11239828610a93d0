import type { ReadyPlugin } from '../../registry/snapshot.ts'
import { answer } from '../answer.ts'
import { PLUGIN } from '../arguments.ts'
import { card, table } from '../render/table.ts'
import { verb } from '../verb.ts'

export const show = verb({
  command: 'show <plugin>',
  summary: 'Show one plugin: what it says of itself, its scripts, what is odd about it',
  examples: [['plugin show file', 'the plugin org.xen.xapi.storage.file']],
  takes: (yargs) => yargs.positional('plugin', PLUGIN),
  run: async ({ plugin }, { host }) => {
    const ready = await host.plugin(plugin)
    return answer(recordOf(ready), () => textOf(ready))
  },
})

function recordOf({ name, kind, path, status, query, plugin, warnings }: ReadyPlugin) {
  const scripts = Object.fromEntries([...plugin.scripts].map(([method, script]) => [method, script.path]))
  return { name, kind, path, status, shape: plugin.shape, query, scripts, warnings }
}

function textOf({ name, kind, path, query, plugin, warnings }: ReadyPlugin): string {
  const about = card([
    ['Name', `${name} (${query.name})`],
    ['Kind', kind],
    ['About', query.description],
    ['Version', `${query.version}, of ${query.vendor}`],
    ['API', query.required_api_version],
    ['Path', path],
    ['Features', query.features.join(' ')],
    ['Methods', [...plugin.scripts.keys()].join(' ')],
    ['Cluster stack', query.required_cluster_stack.join(' ')],
  ])
  const settings = Object.entries(query.configuration)
  const odd = warnings.map(({ message }) => `  ${message}`)
  return [
    about,
    ...(settings.length === 0 ? [] : ['', table(['CONFIGURATION', 'ABOUT'], settings)]),
    ...(odd.length === 0 ? [] : ['', 'Odd about it:', ...odd]),
  ].join('\n')
}
