/** The directory that is a lock, and the steps that change it. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeFile } from '../atomic-file.ts'
import { errnoOf, saysGone } from '../storage-error.ts'
import { type Holder, holderText, parseHolder } from './holder.ts'

/** Attempts to remove a lock while waiters look at it. */
const REMOVALS = 10

export function holderFile(path: string): string {
  return join(path, 'holder')
}

/** Whether this call made the directory. */
export function make(path: string): boolean {
  try {
    mkdirSync(path, 0o700)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * Writes who holds the lock.
 * @param flag `wx` for a lock that was just made: its maker may have slept, and another one have it now
 * @returns false where that is so
 */
export function writeHolder(path: string, own: Holder, flag: 'w' | 'wx'): boolean {
  try {
    writeFileSync(holderFile(path), holderText(own), { flag, mode: 0o600 })
    return true
  } catch (error) {
    if (saysGone(error) || errnoOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Undefined also where the file is still empty. */
export function readHolder(path: string): Holder | undefined {
  try {
    return parseHolder(readFileSync(holderFile(path), 'utf8'))
  } catch (error) {
    if (saysGone(error)) return undefined
    throw error
  }
}

/** Whether somebody is taking the lock over. */
export function isBeingTaken(path: string): boolean {
  return existsSync(takingDirectory(path))
}

/** Whether this call is the one that takes the lock over; {@link endTaking} must follow. */
export function beginTaking(path: string): boolean {
  try {
    return make(takingDirectory(path))
  } catch (error) {
    // Its holder has just given it back.
    if (saysGone(error)) return false
    throw error
  }
}

export function endTaking(path: string): void {
  rmdir(takingDirectory(path))
}

/** Removes the lock. Should the directory stay, it is a lock without a holder, which the next one takes over. */
export function remove(path: string): void {
  removeFile(holderFile(path))
  for (let attempt = 0; attempt < REMOVALS; attempt++) {
    try {
      rmdirSync(path)
      return
    } catch (error) {
      if (saysGone(error)) return
      // A waiter that found the holder silent is about to see that it is not.
      if (!['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error
      endTaking(path)
    }
  }
}

function takingDirectory(path: string): string {
  return join(path, 'taking')
}

function rmdir(path: string): void {
  try {
    rmdirSync(path)
  } catch (error) {
    if (!saysGone(error)) throw error
  }
}
