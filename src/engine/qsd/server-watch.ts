/**
 * Calls that give a disk up wait for its server, which may be gone: an engine waits for minutes, or for ever. While such a
 * call runs for longer than usual, the server is asked whether it is there.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { untilAborted } from '../cancellation.ts'
import { ServerUnreachableError } from '../server.ts'

/** Milliseconds until the server is asked first: most calls are done by then. */
const FIRST_LOOK = 2_000

/** Milliseconds that a server may be away, as while it is started again. */
const ABSENCE = 5_000

/** Milliseconds between two looks. */
const INTERVAL = 500

/**
 * Runs a body, and ends its waiting where the server is away.
 * @param reach asks the server; undefined where there is none to ask
 * @throws ServerUnreachableError in place of what the body throws then
 */
export async function whileReachable<T>(reach: (() => Promise<void>) | undefined, body: () => Promise<T>): Promise<T> {
  if (reach === undefined) return await body()
  const away = new AbortController()
  let done: AbortController | undefined
  // What most calls do not come to costs them nothing: deactivation is the downtime of a migration.
  const timer = setTimeout(() => {
    done = new AbortController()
    const { signal } = done
    void untilAborted(signal, () => watch(reach, away, signal))
  }, FIRST_LOOK)
  try {
    return await untilAborted(away.signal, body)
  } catch (error) {
    throw away.signal.aborted ? away.signal.reason : error
  } finally {
    clearTimeout(timer)
    done?.abort()
  }
}

async function watch(reach: () => Promise<void>, away: AbortController, done: AbortSignal): Promise<void> {
  let since: number | undefined
  try {
    while (!done.aborted) {
      const now = performance.now()
      const failure = await failureOf(reach)
      since = failure === undefined ? undefined : (since ?? now)
      if (since !== undefined && performance.now() - since >= ABSENCE) return away.abort(failure)
      await sleep(INTERVAL, undefined, { signal: done })
    }
  } catch (error) {
    // The body has ended.
    if (!done.aborted) throw error
  }
}

/** Why the server cannot be reached; undefined where it can, or where nothing says so. */
async function failureOf(reach: () => Promise<void>): Promise<ServerUnreachableError | undefined> {
  try {
    await reach()
  } catch (error) {
    if (error instanceof ServerUnreachableError) return error
  }
  return undefined
}
