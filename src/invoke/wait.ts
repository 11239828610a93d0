/** Waiting without leaving anything behind. */

/** Whether a promise that never rejects settles within a time in milliseconds; the timer does not outlive the answer. */
export function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds, false)
    promise.then(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

const LONGEST_TIMER = 2 ** 31 - 1

/** Seconds as milliseconds that a timer can hold (24 days). */
export function timerMilliseconds(seconds: number): number {
  return Math.min(seconds * 1000, LONGEST_TIMER)
}
