/**
 * Locks between hosts that share a directory of a server, for file systems on which flock(2) is this host's own affair.
 * A crashed host does not hold them for ever.
 *
 * A lock is a directory, because to make one is the thing that every protocol does for one host only, with a file
 * `holder` in it. Its holder writes a new count into the file every few seconds; who waits and sees no new count for as
 * long as the file says takes the lock over. All clocks involved measure durations on one host: no two have to agree.
 *
 * - Who takes over first makes the directory `taking` in the lock and looks again: of several, one does.
 * - A holder that finds the lock taken, or could not write for nearly as long, was paused or cut off. It kills its own
 *   process at once: it must not go on.
 * - Within a host the processes are kept apart by flock(2) on a file in the run directory, which the kernel frees when
 *   they die. So a lock that this host left behind is taken over without waiting.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Lock, LockTimeoutError, lock as lockHere, tryLock as tryLockHere } from '../lock.ts'
import { fileNameFor, runDirectory } from '../run-directory.ts'
import type { Locks } from '../sr/locks.ts'
import { errnoOf, storageError } from '../storage-error.ts'
import { startBeating } from './heartbeat.ts'
import { type Holder, holderText, isSame, overwrite, parseHolder } from './holder.ts'
import { hostId } from './host.ts'

/** The environment variable that says after how many seconds of silence a holder of a lock counts as dead. */
const VARIABLE = 'SMAPIV3_LEASE_SECONDS'
const SECONDS = 30

/** Milliseconds between two looks at a lock that somebody has. */
const INTERVAL = 200

/** Attempts to remove a lock while waiters look at it. */
const REMOVALS = 10

/** Milliseconds to wait for a lock: less than the shortest deadline of a method that takes one (5 minutes). */
const PATIENCE = 240_000

/** Locks for plugins whose storage several hosts share. */
export const LEASES: Locks = {
  async lock(path) {
    const here = lockHere(localFile(path))
    return acquire(path, here, PATIENCE)
  },
  async tryLock(path) {
    const here = tryLockHere(localFile(path))
    return here === undefined ? undefined : acquire(path, here, 0)
  },
}

/** What a waiter saw last: the holder, whether somebody takes over, and since when that has been so. */
interface Sight {
  readonly holder: Holder | undefined
  readonly taking: boolean
  readonly since: number
}

async function acquire(path: string, here: Lock, patience: number): Promise<Lock>
async function acquire(path: string, here: Lock, patience: 0): Promise<Lock | undefined>
async function acquire(path: string, here: Lock, patience: number): Promise<Lock | undefined> {
  const own: Holder = { host: hostId(), token: randomUUID(), seconds: leaseSeconds(), count: 0 }
  const begin = performance.now()
  let sight: Sight | undefined
  try {
    for (;;) {
      if (make(path) && write(path, own)) return held(path, own, here)
      sight = look(path, sight)
      if (isDead(sight, own) && takeOver(path, own, sight)) return held(path, own, here)
      if (performance.now() - begin > patience) break
      await sleep(INTERVAL)
    }
  } catch (error) {
    here.remove()
    throw storageError(error)
  }
  here.remove()
  if (patience === 0) return undefined
  throw new LockTimeoutError(path)
}

function held(path: string, own: Holder, here: Lock): Lock {
  const heart = startBeating(holderFile(path), own)
  let isHeld = true
  const release = (): void => {
    if (!isHeld) return
    isHeld = false
    heart.stop()
    try {
      const holder = read(path)
      if (holder !== undefined && isSame(holder, own)) remove(path)
    } finally {
      here.remove()
    }
  }
  return { descriptor: here.descriptor, release, remove: release }
}

/** Whether this call made the lock's directory. */
function make(path: string): boolean {
  try {
    mkdirSync(path, 0o700)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Whether the lock, which was just made, is still without a holder: its maker may have slept. */
function write(path: string, own: Holder): boolean {
  try {
    writeFileSync(holderFile(path), holderText(own), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) return false
    throw error
  }
}

function look(path: string, before: Sight | undefined): Sight {
  const holder = read(path)
  const taking = existsSync(takingDirectory(path))
  const isUnchanged =
    before !== undefined &&
    before.taking === taking &&
    (holder === undefined || before.holder === undefined
      ? holder === before.holder
      : isSame(holder, before.holder) && holder.count === before.holder.count)
  return { holder, taking, since: isUnchanged ? before.since : performance.now() }
}

/** Whether the holder has been silent for too long, or was a process of this host, which is gone: we have its flock. */
function isDead({ holder, since }: Sight, own: Holder): boolean {
  if (holder?.host === own.host) return true
  return performance.now() - since > (holder?.seconds ?? own.seconds) * 1000
}

/** Takes the lock from a dead holder; false where another host was faster. */
function takeOver(path: string, own: Holder, { holder, taking }: Sight): boolean {
  // Who was taking over has died at it.
  if (taking) rmdir(takingDirectory(path))
  if (!existsSync(path) || !make(takingDirectory(path))) return false
  try {
    const now = read(path)
    if (holder === undefined) return now === undefined && write(path, own)
    if (now === undefined || !isSame(now, holder) || now.count !== holder.count) return false
    overwrite(holderFile(path), own)
    return true
  } finally {
    rmdir(takingDirectory(path))
  }
}

/** Should the directory stay, it is a lock without a holder, which the next one takes over. */
function remove(path: string): void {
  rmSync(holderFile(path), { force: true })
  for (let attempt = 0; attempt < REMOVALS; attempt++) {
    try {
      rmdirSync(path)
      return
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return
      // A waiter that found the holder silent is about to see that it is not.
      if (!['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error
      rmdir(takingDirectory(path))
    }
  }
}

function read(path: string): Holder | undefined {
  try {
    return parseHolder(readFileSync(holderFile(path), 'utf8'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function rmdir(path: string): void {
  try {
    rmdirSync(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

function holderFile(path: string): string {
  return join(path, 'holder')
}

function takingDirectory(path: string): string {
  return join(path, 'taking')
}

function localFile(path: string): string {
  return join(runDirectory('leases'), fileNameFor(path))
}

function leaseSeconds(): number {
  const seconds = Number(process.env[VARIABLE])
  return Number.isInteger(seconds) && seconds > 0 && seconds < 1000 ? seconds : SECONDS
}
