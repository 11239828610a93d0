import { int64 } from '../../contract/json.ts'
import type { Result } from '../../contract/methods.ts'
import { answer } from '../answer.ts'
import { KEY, option, SR, text } from '../arguments.ts'
import { bytesOf, formatSize } from '../size.ts'
import { verb } from '../verb.ts'

export const listChangedBlocks = verb({
  command: 'list-changed-blocks <sr> <key> <newer>',
  summary: 'Tell which blocks changed from one volume to a newer one',
  takes: (yargs) =>
    yargs
      .positional('sr', SR)
      .positional('key', KEY)
      .positional('newer', text('Key of the newer volume'))
      .option('offset', option('Where to begin; 0 by default', 'SIZE'))
      .option('length', option('How much to look at; -1, up to the end, by default', 'SIZE')),
  run: async ({ sr, key, newer, offset = '0', length = '-1' }, { host, call }) => {
    const extent = { offset: int64(bytesOf(offset)), length: int64(bytesOf(length)) }
    const changed = await host.volumes.call('Volume.list_changed_blocks', sr, { key, key2: newer, ...extent }, call)
    return answer(changed, () => textOf(changed))
  },
})

function textOf({ granularity, bitmap }: Result<'Volume.list_changed_blocks'>): string {
  let blocks = 0
  for (let byte of Buffer.from(bitmap, 'base64')) for (; byte > 0; byte >>= 1) blocks += byte & 1
  return `${blocks} blocks of ${formatSize(granularity)} changed; --json has the bitmap.`
}
