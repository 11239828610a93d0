import { done } from '../answer.ts'
import { SR } from '../arguments.ts'
import { verb } from '../verb.ts'

export const detach = verb({
  command: 'detach <sr>',
  summary: 'Detach an SR from this host, which forgets it',
  details: 'Refused while disks of the SR are attached.',
  takes: (yargs) => yargs.positional('sr', SR),
  run: async ({ sr }, { host, call }) => {
    const { uuid } = host.srs.resolve(sr)
    await host.srs.detach(uuid, call)
    return done(`SR ${uuid} is detached.`)
  },
})
