import { KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'
import { shownVolume } from './show.ts'

export const clone = verb({
  command: 'clone <sr> <key>',
  summary: 'Make a clone of a volume, which can be written',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY),
  run: async ({ sr, key }, { host, call }) => shownVolume(await host.volumes.call('Volume.clone', sr, { key }, call)),
})
