import { done } from '../answer.ts'
import { KEY, SR } from '../arguments.ts'
import { verb } from '../verb.ts'

export const dataDestroy = verb({
  command: 'data-destroy <sr> <key>',
  summary: 'Destroy the data of a snapshot and keep what it says of changed blocks',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY),
  run: async ({ sr, key }, { host, call }) => {
    await host.volumes.call('Volume.data_destroy', sr, { key }, call)
    return done(`The data of ${key} is destroyed.`)
  },
})
