/** The lock of a daemon: whoever changes anything of it holds its group's lock. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Lock, lockBeside, tryLockBeside } from '../lock.ts'
import type { Daemon } from './daemon.ts'
import { dropConnection, keepConnection } from './qmp.ts'

/** Milliseconds that the lock is held at most while what comes before its use is not done. */
const MOMENT = 25

/** The lock files that `holdingDaemon` holds in this process. */
const held = new Set<string>()

/** Runs a body while no other process changes anything of this daemon. */
export async function withDaemonLock<T>(daemon: Daemon, body: () => Promise<T>): Promise<T> {
  if (held.has(daemon.lockFile)) return await body()
  const taken = await lockBeside(lockFileOf(daemon))
  try {
    return await body()
  } finally {
    giveBack(daemon, taken)
  }
}

/** What is done while the lock of a daemon is being taken. */
export interface Beside {
  /** What has to be done before the body, and may take longer than the lock may be held. */
  readonly first?: Promise<void>
  /** What needs the lock alone, and is begun as soon as it is taken. */
  readonly start?: () => Promise<void>
}

/**
 * Runs a body that takes the daemon's lock several times, one after the other, with the lock taken once: taking it is a
 * process, and activation is the downtime of a migration. Meanwhile the daemon is connected to, which the body needs.
 */
export async function holdingDaemon<T>(daemon: Daemon, body: () => Promise<T>, beside: Beside = {}): Promise<T> {
  if (held.has(daemon.lockFile)) {
    await beside.first
    return await body()
  }
  const taken = await takeBeside(daemon, beside)
  held.add(daemon.lockFile)
  try {
    return await body()
  } finally {
    held.delete(daemon.lockFile)
    dropConnection(daemon.qmpSocket)
    giveBack(daemon, taken)
  }
}

/** Who waits keeps nothing that others may wait for: neither the lock, nor the daemon, which serves one client. */
async function takeBeside(daemon: Daemon, { first = Promise.resolve(), start }: Beside): Promise<Lock> {
  const attempts = [tryTaking(daemon, start), isSoon(first)] as const
  if (existsSync(daemon.qmpSocket)) keepConnection(daemon.qmpSocket)
  const [trying, waiting] = await Promise.allSettled(attempts)
  const taken = trying.status === 'fulfilled' ? trying.value : undefined
  if (taken !== undefined && waiting.status === 'fulfilled' && waiting.value) return taken
  dropConnection(daemon.qmpSocket)
  if (taken !== undefined) giveBack(daemon, taken)
  await first
  if (trying.status === 'rejected') throw trying.reason
  return await lockBeside(lockFileOf(daemon))
}

/** Takes the lock and begins with what needs it, unless somebody else holds it. */
async function tryTaking(daemon: Daemon, start: Beside['start']): Promise<Lock | undefined> {
  const taken = await tryLockBeside(lockFileOf(daemon))
  if (taken === undefined) return undefined
  try {
    await start?.()
    return taken
  } catch (error) {
    giveBack(daemon, taken)
    throw error
  }
}

/** Whether something is done within a moment. */
async function isSoon(promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), MOMENT)
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

function lockFileOf({ lockFile }: Daemon): string {
  mkdirSync(dirname(lockFile), { recursive: true, mode: 0o700 })
  return lockFile
}

function giveBack(daemon: Daemon, taken: Lock): void {
  // Nothing is left of a daemon that has been stopped.
  if (existsSync(daemon.directory)) taken.release()
  else taken.remove()
}
