import { answer } from '../answer.ts'
import { SR } from '../arguments.ts'
import { table } from '../render/table.ts'
import { verb } from '../verb.ts'

export const ls = verb({
  command: 'ls <sr>',
  summary: 'List the attached disks of an SR',
  takes: (yargs) => yargs.positional('sr', SR),
  run: async ({ sr }, { host }) => {
    const disks = host.disks.attached(sr)
    const rows = disks.map(({ key, domain, datapath, persistence, uri }) => [key, domain, datapath, persistence, uri])
    const text = () => table(['KEY', 'DOMAIN', 'DATAPATH', 'WRITES', 'URI'], rows)
    return answer(disks, rows.length === 0 ? () => 'No disk of the SR is attached.' : text)
  },
})
