import type { Result } from '../../contract/methods.ts'
import { answer } from '../answer.ts'
import { PLUGIN, SETTINGS } from '../arguments.ts'
import { configurationFrom, wordsOf } from '../configuration.ts'
import { table } from '../render/table.ts'
import { verb } from '../verb.ts'

export const probe = verb({
  command: 'probe <plugin> [settings..]',
  summary: 'Ask what a possibly partial configuration leads to',
  examples: [['sr probe file uri=file:///srv/sr', 'is there an SR in the directory?']],
  takes: (yargs) => yargs.positional('plugin', PLUGIN).positional('settings', SETTINGS),
  run: async ({ plugin, settings }, { host, call }) => {
    const found = await host.srs.probe(plugin, configurationFrom(settings), call)
    return answer(found, () => textOf(found))
  },
})

function textOf(found: Result<'SR.probe'>): string {
  if (found.length === 0) return 'Nothing was found.'
  const rows = found.map(({ configuration, complete, sr, extra_info }) => [
    sr === undefined ? '' : (sr.uuid ?? sr.sr),
    sr?.name ?? '',
    complete ? 'yes' : 'no',
    [wordsOf(configuration), wordsOf(extra_info)].filter((words) => words !== '').join('; '),
  ])
  return table(['SR', 'NAME', 'COMPLETE', 'CONFIGURATION'], rows)
}
