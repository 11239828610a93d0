import { KEY, SR, text } from '../arguments.ts'
import { verb } from '../verb.ts'
import { shownVolume } from './show.ts'

export const copy = verb({
  command: 'copy <sr> <key> <to>',
  summary: 'Copy a volume into another attached SR of the same plugin',
  takes: (yargs) =>
    yargs
      .positional('sr', SR)
      .positional('key', KEY)
      .positional('to', text('Attached SR to copy to: its uuid or unique name')),
  run: async ({ sr, key, to }, { host, call }) =>
    shownVolume(await host.volumes.call('Volume.copy', sr, { key, dest_sr: to }, call)),
})
