import { done } from '../answer.ts'
import { DOMAIN, KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'

export const deactivate = verb({
  command: 'deactivate <sr> <key>',
  summary: 'Stop access to an attached disk, which stays attached',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY).option('domain', DOMAIN),
  run: async ({ sr, key, domain }, { host, call }) => {
    await host.disks.deactivate(sr, key, { ...call, domain })
    return done(`${key} is deactivated.`)
  },
})
