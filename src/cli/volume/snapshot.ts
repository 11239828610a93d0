import { KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'
import { shownVolume } from './show.ts'

export const snapshot = verb({
  command: 'snapshot <sr> <key>',
  summary: 'Make a snapshot of a volume, which cannot be written',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY),
  run: async ({ sr, key }, { host, call }) =>
    shownVolume(await host.volumes.call('Volume.snapshot', sr, { key }, call)),
})
