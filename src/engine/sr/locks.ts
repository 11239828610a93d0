/** How processes keep out of each other's way, on one host or several. */
import { type Lock, lock, tryLock } from '../lock.ts'

/** Locks by the path of a lock file on the storage; one that a dead holder had must become free by itself. */
export interface Locks {
  /**
   * Takes a lock and waits for it where somebody holds it, but not for ever.
   * @throws LockTimeoutError
   */
  lock(path: string): Lock | Promise<Lock>
  /** Takes a lock unless somebody holds it. */
  tryLock(path: string): Lock | undefined | Promise<Lock | undefined>
}

/** flock(2): for local file systems, and networked ones that pass such locks on to their server. */
export const KERNEL_LOCKS: Locks = { lock, tryLock }

/** Runs a body with a lock held. */
export async function withLock<T>(locks: Locks, path: string, body: (held: Lock) => T | Promise<T>): Promise<T> {
  const held = await locks.lock(path)
  try {
    return await body(held)
  } finally {
    held.release()
  }
}
