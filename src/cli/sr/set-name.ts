import { done } from '../answer.ts'
import { SR, text } from '../arguments.ts'
import { verb } from '../verb.ts'

export const setName = verb({
  command: 'set-name <sr> <name>',
  summary: 'Give an SR a name, by which it can be called from now on',
  takes: (yargs) => yargs.positional('sr', SR).positional('name', text('New name')),
  run: async ({ sr, name }, { host, call }) => {
    const { uuid } = host.srs.resolve(sr)
    await host.srs.setName(uuid, name, call)
    return done(`SR ${uuid} has a new name.`)
  },
})
