import { done } from '../answer.ts'
import { flag, KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'

export const open = verb({
  command: 'open <sr> <key>',
  summary: 'Begin an epoch of a disk, as at the start of a VM: decide whether writes are kept',
  takes: (yargs) =>
    yargs
      .positional('sr', SR)
      .positional('key', KEY)
      .option('non-persistent', flag('Writes go where they are thrown away by close')),
  run: async ({ sr, key, ...flags }, { host, call }) => {
    await host.disks.open(sr, key, { ...call, persistent: flags['non-persistent'] !== true })
    return done(`${key} is open.`)
  },
})
