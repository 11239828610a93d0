/**
 * An end to waiting, for whoever learns that there is nothing to wait for: of everything that a body does, however deep, the
 * waits for a daemon's answer, for a tool and for a server end when a signal fires.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

/** Made by the first body: most calls have none. */
let signals: AsyncLocalStorage<AbortSignal> | undefined

/** Runs a body whose waits end when the signal fires; they fail as they do when their time is up. */
export function untilAborted<T>(signal: AbortSignal, body: () => Promise<T>): Promise<T> {
  signals ??= new AsyncLocalStorage()
  return signals.run(signal, body)
}

/**
 * Calls back when the waits of the body that runs are to end, at once where that is so already.
 * @returns forgets the callback, for when its wait is over
 */
export function onAbort(callback: () => void): () => void {
  const signal = signals?.getStore()
  if (signal?.aborted) callback()
  else signal?.addEventListener('abort', callback, { once: true })
  return () => signal?.removeEventListener('abort', callback)
}
