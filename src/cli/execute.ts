/** Runs one verb: the host around it, its answer on standard output, its error on standard error, its exit status. */
import { asSmapiv3Error } from '../contract/errors.ts'
import type { Host } from '../host/host.ts'
import { Interruption } from './interruption.ts'
import { Log } from './log.ts'
import { type Options, typedOptionsOf, wantsJson } from './options.ts'
import { Output } from './output.ts'
import { logOwnCalls } from './own-calls.ts'
import { reportError } from './report.ts'
import type { Run } from './session.ts'

/** Returns the exit status; everything is written when it does. */
export async function execute(options: Options, run: Run): Promise<number> {
  const output = new Output()
  const log = new Log(options.logLevel)
  const interruption = new Interruption()
  const { signal } = interruption
  const { deadline, dbg, roots, stateDirectory } = options
  let host: Host | undefined
  try {
    const { Host } = await import('../host/host.ts')
    const answer = await run({
      get host() {
        host ??= new Host({ roots, stateDirectory, onWarning: (message) => log.write('warn', message) })
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
    if (host !== undefined) await logOwnCalls(host, log)
    host?.close()
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
