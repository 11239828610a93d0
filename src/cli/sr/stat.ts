import type { Result } from '../../contract/methods.ts'
import { answer } from '../answer.ts'
import { SR } from '../arguments.ts'
import { card } from '../render/table.ts'
import { formatSize } from '../size.ts'
import { verb } from '../verb.ts'

export const stat = verb({
  command: 'stat <sr>',
  summary: 'Show one attached SR: its space and its health',
  takes: (yargs) => yargs.positional('sr', SR),
  run: async ({ sr }, { host, call }) => {
    const { uuid, plugin } = host.srs.resolve(sr)
    const stat = await host.srs.call('SR.stat', uuid, {}, call)
    return answer(stat, () => textOf(uuid, plugin, stat))
  },
})

function textOf(uuid: string, plugin: string, stat: Result<'SR.stat'>): string {
  const [state, detail] = stat.health
  return card([
    ['Uuid', uuid],
    ['Name', stat.name],
    ['Description', stat.description],
    ['Plugin', plugin],
    ['Handle', stat.sr],
    ['Free', `${formatSize(stat.free_space)} of ${formatSize(stat.total_space)}`],
    ['Health', detail === '' ? state : `${state}: ${detail}`],
    ['Clustered', stat.clustered ? 'yes' : 'no'],
    ['Datasources', stat.datasources.join(' ')],
  ])
}
