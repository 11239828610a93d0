import { done } from '../answer.ts'
import { KEY, SR, text } from '../arguments.ts'
import { verb } from '../verb.ts'

export const unset = verb({
  command: 'unset <sr> <key> <name>',
  summary: 'Remove metadata from a volume',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY).positional('name', text('Name of the metadata')),
  run: async ({ sr, key, name }, { host, call }) => {
    await host.volumes.call('Volume.unset', sr, { key, k: name }, call)
    return done(`${name} of ${key} is not set any more.`)
  },
})
