import { done } from '../answer.ts'
import { KEY, SR, text } from '../arguments.ts'
import { formatSize, parseSize } from '../size.ts'
import { verb } from '../verb.ts'

export const resize = verb({
  command: 'resize <sr> <key> <size>',
  summary: 'Make a volume larger',
  examples: [['volume resize images KEY 20GiB', 'to 20 GiB in all']],
  takes: (yargs) =>
    yargs
      .positional('sr', SR)
      .positional('key', KEY)
      .positional('size', text('New size: 10GiB, 512MiB, 1TiB, or a number of bytes')),
  run: async ({ sr, key, size }, { host, call }) => {
    const bytes = parseSize(size)
    await host.volumes.resize(sr, { key, new_size: bytes }, call)
    return done(`${key} has ${formatSize(bytes)}.`)
  },
})
