import { done } from '../answer.ts'
import { SR, text } from '../arguments.ts'
import { verb } from '../verb.ts'

export const setDescription = verb({
  command: 'set-description <sr> <description>',
  summary: 'Give an SR a description',
  takes: (yargs) => yargs.positional('sr', SR).positional('description', text('New description')),
  run: async ({ sr, description }, { host, call }) => {
    const { uuid } = host.srs.resolve(sr)
    await host.srs.call('SR.set_description', uuid, { new_description: description }, call)
    return done(`SR ${uuid} has a new description.`)
  },
})
