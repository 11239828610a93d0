import { done } from '../answer.ts'
import { DOMAIN, flag, KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'

export const activate = verb({
  command: 'activate <sr> <key>',
  summary: 'Give access to an attached disk again, after deactivate',
  takes: (yargs) =>
    yargs
      .positional('sr', SR)
      .positional('key', KEY)
      .option('domain', DOMAIN)
      .option('read-only', flag('For reading only')),
  run: async ({ sr, key, domain, ...flags }, { host, call }) => {
    await host.disks.activate(sr, key, { ...call, domain, readOnly: flags['read-only'] })
    return done(`${key} is activated.`)
  },
})
