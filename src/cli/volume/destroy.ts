import { done } from '../answer.ts'
import { KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'

export const destroy = verb({
  command: 'destroy <sr> <key>',
  summary: 'Destroy a volume; one that is gone already is no error',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY),
  run: async ({ sr, key }, { host, call }) => {
    await host.volumes.call('Volume.destroy', sr, { key }, call)
    return done(`${key} is destroyed.`)
  },
})
