/**
 * Disks that are used without being changed (Datapath.open with persistent=false): an overlay takes their writes until
 * Datapath.close. Overlay and the mark that it is to be used lie in one directory, apart from the run directory: the
 * overlay can become as large as the disk, and whoever loses the mark would write to the image.
 */
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../atomic-file.ts'
import { bootId } from '../run-directory.ts'
import { errnoOf } from '../storage-error.ts'
import { discardOverlay } from './overlay.ts'

/** The directory for overlays belongs to somebody else, who could read or change them. */
export class ScratchError extends Error {
  override readonly name = 'ScratchError'
}

/** The overlay of one disk. */
export interface Scratch {
  /** The overlay; it is made by attach. */
  readonly overlay: string
  readonly mark: string
}

/**
 * The places of a disk's overlay; nothing is made.
 * @param directory of the option `scratch`; below /var/tmp unless given
 */
export function scratchOf(id: string, directory = `/var/tmp/smapiv3-${userId()}`): Scratch {
  return { overlay: join(directory, `${id}.qcow2`), mark: join(directory, `${id}.discard`) }
}

/** The path of the overlay that takes the disk's writes; undefined where the writes are kept. */
export function overlayInUse({ mark, overlay }: Scratch): string | undefined {
  try {
    return readFileSync(mark, 'utf8') === bootId() ? overlay : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** From now on the disk's writes go to an overlay, which is empty. */
export function beginScratch(scratch: Scratch): void {
  makeDirectory(join(scratch.mark, '..'))
  discardOverlay(scratch.overlay)
  writeFileAtomic(scratch.mark, bootId())
}

/** Throws away what was written, and the mark; it is no error where there is nothing. */
export function endScratch({ overlay, mark }: Scratch): void {
  discardOverlay(overlay)
  rmSync(mark, { force: true })
}

function makeDirectory(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o700 })
  const stats = lstatSync(path)
  if (!stats.isDirectory() || stats.uid !== userId() || (stats.mode & 0o022) !== 0) {
    throw new ScratchError(`${path} is not a directory that only user ${userId()} can write: remove it, or set scratch`)
  }
}

function userId(): number {
  return process.geteuid?.() ?? 0
}
