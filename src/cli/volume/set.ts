import { done } from '../answer.ts'
import { KEY, SR, text } from '../arguments.ts'
import { verb } from '../verb.ts'

export const set = verb({
  command: 'set <sr> <key> <name> <value>',
  summary: 'Store metadata with a volume',
  takes: (yargs) =>
    yargs
      .positional('sr', SR)
      .positional('key', KEY)
      .positional('name', text('Name of the metadata'))
      .positional('value', text('Its value')),
  run: async ({ sr, key, name, value }, { host, call }) => {
    await host.volumes.call('Volume.set', sr, { key, k: name, v: value }, call)
    return done(`${name} of ${key} is set.`)
  },
})
