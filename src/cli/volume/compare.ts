import type { Result } from '../../contract/methods.ts'
import { answer } from '../answer.ts'
import { KEY, SR, text } from '../arguments.ts'
import { table } from '../render/table.ts'
import { formatSize } from '../size.ts'
import { verb } from '../verb.ts'

export const compare = verb({
  command: 'compare <sr> <key> <other>',
  summary: 'List the blocks in which two volumes differ',
  takes: (yargs) =>
    yargs.positional('sr', SR).positional('key', KEY).positional('other', text('Key of the other volume')),
  run: async ({ sr, key, other }, { host, call }) => {
    const blocks = await host.volumes.call('Volume.compare', sr, { key, key2: other }, call)
    return answer(blocks, () => textOf(blocks))
  },
})

function textOf({ blocksize, ranges }: Result<'Volume.compare'>): string {
  if (ranges.length === 0) return 'They have the same contents.'
  const rows = ranges.map(([first, count]) => {
    const size = BigInt(blocksize)
    return [String(BigInt(first) * size), formatSize(BigInt(count) * size)]
  })
  return table(['OFFSET', 'DIFFERENT'], rows)
}
