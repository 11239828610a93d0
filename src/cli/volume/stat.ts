import { KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'
import { shownVolume } from './show.ts'

export const stat = verb({
  command: 'stat <sr> <key>',
  summary: 'Show one volume',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY),
  run: async ({ sr, key }, { host, call }) => shownVolume(await host.volumes.call('Volume.stat', sr, { key }, call)),
})
