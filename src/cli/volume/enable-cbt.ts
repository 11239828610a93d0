import { done } from '../answer.ts'
import { KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'

export const enableCbt = verb({
  command: 'enable-cbt <sr> <key>',
  summary: 'Begin to track changed blocks',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY),
  run: async ({ sr, key }, { host, call }) => {
    await host.volumes.call('Volume.enable_cbt', sr, { key }, call)
    return done(`Changed blocks of ${key} are tracked.`)
  },
})
