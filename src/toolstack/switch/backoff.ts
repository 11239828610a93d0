/** The pauses between two attempts to reach message-switch. */

/** Seconds. */
const FIRST = 0.05
const LONGEST = 2

export class Backoff {
  #pause = FIRST

  /** Seconds to wait now: doubled each time up to a limit, and shortened at random so that clients do not come at once. */
  next(): number {
    const pause = this.#pause
    this.#pause = Math.min(LONGEST, pause * 2)
    return pause * (0.5 + Math.random() / 2)
  }

  /** To be called after a success. */
  reset(): void {
    this.#pause = FIRST
  }
}

/** Waits for some seconds, or until the signal. */
export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, seconds * 1000)
    signal.addEventListener('abort', done)
  })
}
