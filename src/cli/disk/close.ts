import { done } from '../answer.ts'
import { KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'

export const close = verb({
  command: 'close <sr> <key>',
  summary: 'End an epoch of a disk: throw non-persistent writes away',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY),
  run: async ({ sr, key }, { host, call }) => {
    await host.disks.close(sr, key, call)
    return done(`${key} is closed.`)
  },
})
