import { answer } from '../answer.ts'
import { KEY, SR } from '../arguments.ts'
import { printable } from '../render/printable.ts'
import { verb } from '../verb.ts'

export const similarContent = verb({
  command: 'similar-content <sr> <key>',
  summary: 'List volumes with similar contents, most similar first',
  takes: (yargs) => yargs.positional('sr', SR).positional('key', KEY),
  run: async ({ sr, key }, { host, call }) => {
    const keys = await host.volumes.call('Volume.similar_content', sr, { key }, call)
    return answer(keys, () => keys.map(printable).join('\n') || 'There is none.')
  },
})
