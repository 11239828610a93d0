/**
 * What a process that waits for a lock has seen of it, and whether its holder counts as dead by that. Who only tries a lock
 * looks once: what it saw is kept for the next one of this host, so that a dead holder is noticed in the end.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { errnoOf } from '../storage-error.ts'
import { type Holder, isSame } from './holder.ts'
import { isBeingTaken, readHolder } from './lock-directory.ts'

/** The holder, whether somebody takes over, and since when that has been so, see {@link now}. */
export interface Sight {
  readonly holder: Holder | undefined
  readonly taking: boolean
  readonly since: number
}

/** Milliseconds of the clock that all processes of a host have in common, and that nobody sets. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}

export function look(path: string, before: Sight | undefined): Sight {
  const holder = readHolder(path)
  const taking = isBeingTaken(path)
  const isUnchanged =
    before !== undefined &&
    before.taking === taking &&
    (holder === undefined || before.holder === undefined
      ? holder === before.holder
      : isSame(holder, before.holder) && holder.count === before.holder.count)
  return { holder, taking, since: isUnchanged ? before.since : now() }
}

/** What another process of this host saw; undefined where none has, or before the host was started. */
export function remembered(file: string): Sight | undefined {
  try {
    const { holder, taking, since } = JSON.parse(readFileSync(file, 'utf8')) as Sight
    return since > now() ? undefined : { holder, taking, since }
  } catch (error) {
    // A process that was killed has left half of it.
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Keeps it for the next process; a lock of this host's own is held. */
export function remember(file: string, sight: Sight): void {
  writeFileSync(file, JSON.stringify(sight), { mode: 0o600 })
}

export function forget(file: string): void {
  rmSync(file, { force: true })
}
