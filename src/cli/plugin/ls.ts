import type { PluginEntry, Snapshot } from '../../registry/snapshot.ts'
import { answer } from '../answer.ts'
import { table } from '../render/table.ts'
import { verb } from '../verb.ts'

export const ls = verb({
  command: 'ls',
  summary: 'List the plugins in the roots, usable or not, and why not',
  examples: [['plugin ls --root /opt/vendor/storage', 'the plugins of another directory']],
  takes: (yargs) => yargs,
  run: async (_, { host, log }) => {
    const snapshot = await host.plugins()
    for (const { message, recovery } of snapshot.rejections) log.write('warn', `${message}. ${recovery}`)
    return answer(snapshot.plugins.map(recordOf), () => textOf(snapshot))
  },
})

/** A plugin as --json lists it; what only a usable plugin has is null (or empty) for the others. */
function recordOf(entry: PluginEntry) {
  const { name, kind, path, status } = entry
  const reason = entry.status === 'rejected' ? { reason: entry.reason.message } : {}
  const query = entry.status === 'ready' ? entry.query : undefined
  const { version = null, required_api_version = null, features = [] } = query ?? {}
  return { name, kind, path, status, ...reason, version, required_api_version, features }
}

function textOf({ plugins }: Snapshot): string {
  if (plugins.length === 0) return 'There is no plugin in the roots; name others with --root.'
  const rows = plugins.map((entry) => [entry.kind, entry.name, entry.status, ...detailsOf(entry)])
  return table(['KIND', 'NAME', 'STATUS', 'VERSION', 'API', 'ABOUT'], rows)
}

function detailsOf(entry: PluginEntry): string[] {
  if (entry.status === 'ready') return [entry.query.version, entry.query.required_api_version, entry.query.description]
  return ['', '', entry.status === 'rejected' ? `${entry.reason.message}. ${entry.reason.recovery}` : '']
}
