/**
 * Locks between hosts that share a directory of a server, for file systems on which flock(2) is this host's own affair.
 * A crashed host does not hold them for ever.
 *
 * A lock is a directory, because to make one is the thing that every protocol does for one host only, with a file
 * `holder` in it. Its holder writes a new count into the file every few seconds; who waits and sees no new count for as
 * long as the file says takes the lock over. All clocks involved measure durations on one host: no two have to agree.
 *
 * - Who takes over first makes the directory `taking` in the lock and looks again: of several, one does.
 * - A lock may be without a holder, or with an empty file for one, because who made it was killed before it wrote: it is
 *   taken over when it has been so for some seconds. Who made it and took nearly as long does not trust what it wrote.
 * - A holder that finds the lock taken, or could not write for nearly as long, was paused or cut off. It kills its own
 *   process at once: it must not go on.
 * - Within a host the processes are kept apart by flock(2) on a file in the run directory, which the kernel frees when
 *   they die. So a lock that this host left behind is taken over without waiting.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beginStep } from '../busy.ts'
import { randomUuid } from '../identifiers.ts'
import { type Lock, LockTimeoutError, lock as lockHere, tryLock as tryLockHere } from '../lock.ts'
import { fileNameFor, runDirectory } from '../run-directory.ts'
import type { Locks } from '../sr/locks.ts'
import { storageError } from '../storage-error.ts'
import { startBeating } from './heartbeat.ts'
import { type Holder, isSame, overwrite } from './holder.ts'
import { hostId } from './host.ts'
import { beginTaking, endTaking, holderFile, make, readHolder, remove, writeHolder } from './lock-directory.ts'
import { forget, look, now, remember, remembered, type Sight } from './sight.ts'

/** The environment variable that says after how many seconds of silence a holder of a lock counts as dead. */
const VARIABLE = 'SMAPIV3_LEASE_SECONDS'
const SECONDS = 30

/** Milliseconds between two looks at a lock that somebody has. */
const INTERVAL = 200

/** Milliseconds that a holder has to write who it is, and after which a lock without a holder is taken over. */
const WRITING = { atMost: 2_000, takenAfter: 5_000 } as const

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

async function acquire(path: string, here: Lock, patience: number): Promise<Lock>
async function acquire(path: string, here: Lock, patience: 0): Promise<Lock | undefined>
async function acquire(path: string, here: Lock, patience: number): Promise<Lock | undefined> {
  beginStep()
  const own: Holder = { host: hostId(), token: randomUuid(), seconds: leaseSeconds(), count: 0 }
  const begin = now()
  const memory = `${localFile(path)}.seen`
  let sight = remembered(memory)
  try {
    for (;;) {
      const start = now()
      if (make(path) && writeHolder(path, own, 'wx') && isInTime(start)) break
      sight = look(path, sight)
      if (isDead(sight, own) && takeOver(path, own, sight)) break
      if (now() - begin >= patience) {
        if (patience > 0) throw new LockTimeoutError(path)
        remember(memory, sight)
        here.remove()
        return undefined
      }
      await sleep(INTERVAL)
    }
    if (sight !== undefined) forget(memory)
  } catch (error) {
    here.remove()
    throw storageError(error)
  }
  return held(path, own, here)
}

function held(path: string, own: Holder, here: Lock): Lock {
  const heart = startBeating(path, own)
  let isHeld = true
  const release = (): void => {
    if (!isHeld) return
    isHeld = false
    heart.stop()
    try {
      const holder = readHolder(path)
      if (holder !== undefined && isSame(holder, own)) remove(path)
    } finally {
      here.remove()
    }
  }
  return { descriptor: here.descriptor, release, remove: release }
}

/**
 * Whether somebody became the holder so quickly that nobody can have taken the lock over meanwhile. Where it was too slow,
 * the file names a process of this host: the lock is taken over like that of a dead one.
 * @param start when it began to
 */
function isInTime(start: number): boolean {
  return now() - start < WRITING.atMost
}

/** Whether the holder has been silent for too long, or was a process of this host, which is gone: we have its flock. */
function isDead({ holder, since }: Sight, own: Holder): boolean {
  if (holder?.host === own.host) return true
  return now() - since > (holder === undefined ? WRITING.takenAfter : holder.seconds * 1000)
}

/** Takes the lock from a dead holder; false where another host was faster. */
function takeOver(path: string, own: Holder, { holder, taking }: Sight): boolean {
  const start = now()
  // Who was taking over has died at it.
  if (taking) endTaking(path)
  if (!beginTaking(path)) return false
  try {
    const present = readHolder(path)
    if (holder === undefined) return present === undefined && writeHolder(path, own, 'w') && isInTime(start)
    if (present === undefined || !isSame(present, holder) || present.count !== holder.count) return false
    return overwrite(holderFile(path), own)
  } finally {
    endTaking(path)
  }
}

function localFile(path: string): string {
  return join(runDirectory('leases'), fileNameFor(path))
}

function leaseSeconds(): number {
  const seconds = Number(process.env[VARIABLE])
  return Number.isInteger(seconds) && seconds > 0 && seconds < 1000 ? seconds : SECONDS
}
