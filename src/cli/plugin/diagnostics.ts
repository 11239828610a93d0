import { answer } from '../answer.ts'
import { PLUGIN } from '../arguments.ts'
import { printableLines } from '../render/printable.ts'
import { verb } from '../verb.ts'

export const diagnostics = verb({
  command: 'diagnostics <plugin>',
  summary: 'Print what a plugin says of its own state (Plugin.diagnostics)',
  takes: (yargs) => yargs.positional('plugin', PLUGIN),
  run: async ({ plugin }, { host, call }) => {
    const { outcome } = await host.call(plugin, 'Plugin.diagnostics', { dbg: call.dbg ?? 'smapiv3' }, call)
    if (!outcome.ok) throw outcome.error
    return answer(outcome.value, () => printableLines(outcome.value).join('\n'))
  },
})
