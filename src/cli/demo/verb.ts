import { withDir } from 'tmp-promise'
import { answer } from '../answer.ts'
import { verb } from '../verb.ts'
import { Narrator } from './narrator.ts'
import { story } from './story.ts'

export const demo = verb({
  command: 'demo',
  summary: 'Show the whole way from an SR to the bytes of a volume, in a temporary directory',
  details: 'Nothing is left behind, also when a step fails or is interrupted.',
  takes: (yargs) => yargs,
  run: (_, session) =>
    withDir(
      async ({ path }) => {
        const narrator = new Narrator(session.options.json ? () => {} : session.print)
        return answer(await story(path, narrator, session), () => narrator.farewell())
      },
      { unsafeCleanup: true, prefix: 'smapiv3-demo' },
    ),
})
