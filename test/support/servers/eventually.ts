import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds between two looks at a condition. */
const INTERVAL = 20

/** Waits for a condition; what it throws last, or `what`, is the error where it does not come true in time. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patience = 120_000,
): Promise<void> {
  const end = Date.now() + patience
  for (;;) {
    let failure: unknown
    try {
      if (await condition()) return
    } catch (error) {
      failure = error
    }
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${what}`, { cause: failure })
    await sleep(INTERVAL)
  }
}
