import { done } from '../answer.ts'
import { KEY, SR, text } from '../arguments.ts'
import { verb } from '../verb.ts'

export const setDescription = verb({
  command: 'set-description <sr> <key> <description>',
  summary: 'Give a volume a description',
  takes: (yargs) =>
    yargs.positional('sr', SR).positional('key', KEY).positional('description', text('New description')),
  run: async ({ sr, key, description }, { host, call }) => {
    await host.volumes.call('Volume.set_description', sr, { key, new_description: description }, call)
    return done(`${key} has a new description.`)
  },
})
