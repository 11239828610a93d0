import { done } from '../answer.ts'
import { KEY, SR, text } from '../arguments.ts'
import { verb } from '../verb.ts'

export const revert = verb({
  command: 'revert <sr> <key> <snapshot>',
  summary: 'Give a volume the contents that a snapshot has',
  takes: (yargs) =>
    yargs.positional('sr', SR).positional('key', KEY).positional('snapshot', text('Key of the snapshot, which stays')),
  run: async ({ sr, key, snapshot }, { host, call }) => {
    await host.volumes.call('Volume.revert', sr, { key, snapshot }, call)
    return done(`${key} has the contents of ${snapshot}.`)
  },
})
