import { done } from '../answer.ts'
import { KEY, SR, text } from '../arguments.ts'
import { verb } from '../verb.ts'

export const setName = verb({
  command: 'set-name <sr> <key> <name>',
  summary: 'Give a volume a name',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY).positional('name', text('New name')),
  run: async ({ sr, key, name }, { host, call }) => {
    await host.volumes.call('Volume.set_name', sr, { key, new_name: name }, call)
    return done(`${key} has a new name.`)
  },
})
