/** Calls that are under way: on an interruption they may end by themselves for a while, and are killed then. */
import { setMaxListeners } from 'node:events'

/** Seconds in which a call that is under way may end: long for most calls, short for who pressed Ctrl-C. */
export const GRACE = 5

export class Flights {
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #killer = new AbortController()

  /** @param interruption what ends the check; from then on nothing new may be started */
  constructor(interruption: AbortSignal) {
    setMaxListeners(0, this.#killer.signal)
    const kill = () => void setTimeout(() => this.#killer.abort(interruption.reason), GRACE * 1000).unref()
    if (interruption.aborted) kill()
    else interruption.addEventListener('abort', kill, { once: true })
  }

  /** Aborted once a call is to be killed. */
  get killed(): AbortSignal {
    return this.#killer.signal
  }

  /** Follows a call until it is over. */
  track<T>(call: Promise<T>): Promise<T> {
    const forget = () => void this.#underWay.delete(call)
    this.#underWay.add(call)
    call.then(forget, forget)
    return call
  }

  /** Waits until no call is under way any more. */
  async over(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
  }
}
