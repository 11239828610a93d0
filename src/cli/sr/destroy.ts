import { done } from '../answer.ts'
import { SR } from '../arguments.ts'
import { verb } from '../verb.ts'

export const destroy = verb({
  command: 'destroy <sr>',
  summary: 'Destroy an SR with every volume in it',
  details: 'Refused while disks of the SR are attached.',
  takes: (yargs) => yargs.positional('sr', SR),
  run: async ({ sr }, { host, call }) => {
    const { uuid } = host.srs.resolve(sr)
    await host.srs.destroy(uuid, call)
    return done(`SR ${uuid} is destroyed.`)
  },
})
