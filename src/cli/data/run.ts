/** Starts a copy or mirror, and shows how far it is until it is over. */
import { stringifyJson } from '../../contract/json.ts'
import type { OperationRequest, Progress } from '../../host/operations.ts'
import { answer } from '../answer.ts'
import { ProgressBar } from '../render/progress-bar.ts'
import type { Answer, Session } from '../session.ts'
import { nameOf, percent } from './operation.ts'

/** How both verbs show what they wait for, and what ends the wait, for their help. */
export const WAITING = `While it waits, a terminal gets a progress bar; elsewhere each step is one line of JSON, the
last one the final status; with --json there is only that. Ctrl-C cancels the operation and forgets it. With --no-wait it goes on by
itself, in the engine of the datapath plugin, until it is destroyed.`

/**
 * @param done what people are told in the end
 * @throws Smapiv3Error OPERATION_FAILED
 */
export async function run(
  request: OperationRequest,
  { wait, done }: { readonly wait: boolean; readonly done: (progress: Progress) => string },
  { host, options, print }: Session,
): Promise<Answer> {
  if (!wait) {
    const started = await host.operations.start(request)
    const name = nameOf(started)
    return answer(started, () => `${name} goes on; see \`smapiv3 data stat ${started.datapath} ${name}\`.`)
  }
  if (options.json) {
    const last = await host.operations.run(request, () => {})
    return answer(last, () => '')
  }
  if (process.stdout.isTTY !== true) {
    await host.operations.run(request, (progress) => print(`${stringifyJson(progress)}\n`))
    return answer(null, () => '')
  }
  const bar = new ProgressBar(print, process.stdout.columns)
  try {
    const last = await host.operations.run(request, ({ progress = 0 }) => bar.show(progress, percent(progress)))
    return answer(last, () => done(last))
  } finally {
    bar.remove()
  }
}
