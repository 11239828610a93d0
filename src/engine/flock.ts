/**
 * flock(2) by this process itself. Node.js does not offer it; an addon does, which the build puts beside a bundled plugin.
 * Without it, as where another version of Node.js runs the plugin than built it, or where only the bundle was copied, the
 * tool `flock` does the same (see lock.ts), as a process of its own.
 */
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf } from './storage-error.ts'

/** The file beside a plugin. */
const ADDON = 'flock.node'

/** Of flock(2): the whole file, for nobody else, and without waiting. */
const LOCK_EX = 2
const LOCK_NB = 4

interface Addon {
  flock(descriptor: number, operation: number): void
}

/** null where there is none. */
let addon: Addon | null | undefined

/**
 * Tries to take the lock of an open file.
 * @returns whether it is ours now; undefined where this process cannot tell
 */
export function tryFlock(descriptor: number): boolean | undefined {
  addon ??= loadAddon()
  if (addon === null) return undefined
  try {
    addon.flock(descriptor, LOCK_EX | LOCK_NB)
    return true
  } catch (error) {
    // What else can be wrong, the tool explains.
    return errnoOf(error) === 'EAGAIN' ? false : undefined
  }
}

function loadAddon(): Addon | null {
  const loaded = { exports: {} as Addon }
  try {
    process.dlopen(loaded, join(dirname(realpathSync(process.argv[1] ?? '')), ADDON))
    return loaded.exports
  } catch {
    return null
  }
}
