/** Calls that are killed at random instants. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MethodName, Params } from '../../../src/contract/methods.ts'
import { errnoOf } from '../../../src/engine/storage-error.ts'
import type { TestPlugin } from '../../support/plugin.ts'
import type { Random } from './random.ts'

/** How much longer than an undisturbed call a kill is awaited: some calls are to finish. */
const SLACK = 1.2

/** Kills calls of a plugin, which learns how long each method takes. */
export function killer(plugin: () => TestPlugin) {
  /** Milliseconds of a call that nobody killed, by method. */
  const durations = new Map<MethodName, number>()

  /** Starts a call and kills its process, and only that, at a random instant. The first call of a method may finish. */
  async function kill<M extends MethodName>(random: Random, method: M, params: Omit<Params<M>, 'dbg'>): Promise<void> {
    const known = durations.get(method)
    const chance = random(1000) / 1000
    const begin = performance.now()
    const child = plugin().start(method, params)
    const closed = once(child, 'close')
    child.stdout?.resume()
    child.stderr?.resume()
    if (known !== undefined) {
      const waiting = new AbortController()
      const { signal } = waiting
      await Promise.race([closed, sleep(known * SLACK * chance, undefined, { signal }).catch(() => {})])
      waiting.abort()
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    }
    await closed
    if (known === undefined) durations.set(method, performance.now() - begin)
  }

  return { kill, durations }
}

/** Kills a process, or a group of them by a negative number; one that has just ended is none any more. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}
