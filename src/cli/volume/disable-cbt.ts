import { done } from '../answer.ts'
import { KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'

export const disableCbt = verb({
  command: 'disable-cbt <sr> <key>',
  summary: 'Stop tracking changed blocks',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY),
  run: async ({ sr, key }, { host, call }) => {
    await host.volumes.call('Volume.disable_cbt', sr, { key }, call)
    return done(`Changed blocks of ${key} are not tracked any more.`)
  },
})
