import { done } from '../answer.ts'
import { DOMAIN, KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'

export const detach = verb({
  command: 'detach <sr> <key>',
  summary: 'End the use of a disk by a domain (deactivate, detach, close); one that is not attached is no error',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY).option('domain', DOMAIN),
  run: async ({ sr, key, domain }, { host, call }) => {
    await host.disks.disconnect(sr, key, { ...call, domain })
    return done(`${key} is detached.`)
  },
})
