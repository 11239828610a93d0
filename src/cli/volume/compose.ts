import { done } from '../answer.ts'
import { KEY, SR, text } from '../arguments.ts'
import { verb } from '../verb.ts'

export const compose = verb({
  command: 'compose <sr> <key> <child>',
  summary: 'Put the differences in a child over a volume',
  details: 'The child has the result; the volume may be unusable afterwards.',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY).positional('child', text('Key of the child')),
  run: async ({ sr, key, child }, { host, call }) => {
    await host.volumes.call('Volume.compose', sr, { key, key2: child }, call)
    return done(`${child} is composed with ${key}.`)
  },
})
