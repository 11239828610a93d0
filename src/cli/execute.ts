/** Runs one verb: the host around it, its answer on standard output, its error on standard error, its exit status. */
import { asSmapiv3Error } from '../contract/errors.ts'
import type { HostOptions } from '../host/plugin-calls.ts'
import { Interruption } from './interruption.ts'
import { Log } from './log.ts'
import { type Options, typedOptionsOf, wantsJson } from './options.ts'
import { Output } from './output.ts'
import { logOwnCalls } from './own-calls.ts'
import { reportError } from './report.ts'
import type { CallHost, Run } from './session.ts'

/** Makes the host; what it warns of is logged. */
export type Open<H extends CallHost> = (options: HostOptions) => H

/** Returns the exit status; everything is written when it does. */
export async function execute<H extends CallHost>(options: Options, open: Open<H>, run: Run<H>): Promise<number> {
  const output = new Output()
  const log = new Log(options.logLevel)
  const interruption = new Interruption()
  const { signal } = interruption
  const { deadline, dbg, roots, stateDirectory } = options
  let host: H | undefined
  try {
    const answer = await run({
      get host() {
        host ??= open({ roots, stateDirectory, onWarning: (message) => log.write('warn', message) })
        return host
      },
      call: { dbg, deadline, signal },
      options,
      log,
      print: (text) => output.write(text),
    })
    output.line(options.json ? answer.json() : answer.text())
    return answer.status ?? 0
  } catch (thrown) {
    await log.flush()
    const error = asSmapiv3Error(thrown)
    reportError(error, { output, json: options.json, withStack: options.logLevel === 'debug' })
    return interruption.exitStatus ?? error.exitStatus
  } finally {
    if (host !== undefined) logOwnCalls(host, log)
    interruption.stop()
    await log.flush()
    await output.flush()
  }
}

/** Reports a command line that cannot be run, and returns the exit status. */
export async function refuse(thrown: unknown, words: readonly string[]): Promise<number> {
  const error = asSmapiv3Error(thrown)
  const output = new Output()
  const withStack = typedOptionsOf(words)['log-level'] === 'debug'
  reportError(error, { output, json: wantsJson(words), withStack })
  await output.flush()
  return error.exitStatus
}
