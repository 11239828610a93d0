/** What nothing needs in an SR's directory: what killed calls left, and images that nothing stands on any more. */
import { existsSync } from 'node:fs'
import { removeFile, syncPath, TEMPORARY_SUFFIX } from '../atomic-file.ts'
import type { Lock } from '../lock.ts'
import { withLock } from '../sr/locks.ts'
import { DamagedFileError } from '../sr/record-file.ts'
import { type Children, childrenIn } from './chain.ts'
import { FORMAT_NAMES } from './format.ts'
import { recoverImage } from './image.ts'
import {
  type Contents,
  changesFile,
  imageFile,
  metadataFile,
  newImageFile,
  newMetadataFile,
  readContents,
  volumeLockFile,
} from './layout.ts'
import { findMetadata, formatOf, hasData, type Metadata } from './metadata.ts'
import type { Directory } from './repository.ts'
import { keepChanges, trackedParents } from './tracking.ts'

/** The files of volumes that exist. Anything else is being written, or was when its writer died. */
const COMPLETE = ['.json', '.raw', '.qcow2', '.vhd', '.cbt', '.lock']

/** Locks that are held at once. */
const BATCH = 64

/**
 * Removes what killed calls left and images that nothing stands on. What a running call is at work on is locked, and
 * left alone.
 */
export async function collect(place: Directory): Promise<void> {
  // An image that goes may have been the last one that stood on another.
  for (let removed = true; removed; ) {
    removed = false
    const candidates = [...candidatesIn(place.directory)]
    for (let at = 0; at < candidates.length; at += BATCH) {
      if (await collectAmong(place, candidates.slice(at, at + BATCH))) removed = true
    }
  }
}

/** Keys of which files are there that may belong to nothing. */
export function candidatesIn(directory: string): ReadonlySet<string> {
  const contents = readContents(directory)
  const children = childrenIfHidden(directory, contents)
  return new Set(
    [...contents.volumes].flatMap(([key, endings]) => {
      const incomplete = [...endings].some((ending) => !COMPLETE.includes(ending))
      const orphan = !endings.has('.json') && children !== undefined && (children.get(key)?.size ?? 0) === 0
      return incomplete || orphan ? [key] : []
    }),
  )
}

/**
 * Removes a volume once nobody is at work on it. The metadata goes first, for good, so that no volume without its image
 * is ever seen. Its image stays as long as others stand on it. It is no error where there is nothing.
 * @param guard called first, with the lock held; where it throws, nothing is removed
 */
export async function removeVolume(
  { directory, locks }: Directory,
  key: string,
  guard: (metadata: Metadata) => void | Promise<void>,
): Promise<void> {
  await withLock(locks, volumeLockFile(directory, key), async (held) => {
    const metadata = findMetadata(directory, key)
    if (metadata !== undefined) await guard(metadata)
    if (metadata?.cbt !== undefined && !metadata.read_write) keepChanges(directory, key, metadata)
    removeFile(metadataFile(directory, key))
    syncPath(directory)
    // Of a snapshot, others may need image and record: the job finds out.
    if (metadata !== undefined && formatOf(metadata) === 'qcow2' && !metadata.read_write) {
      removeTemporaryFiles(directory, key)
    } else removeFiles(directory, key, metadata === undefined ? ['raw', 'vhd'] : FORMAT_NAMES)
    if (!hasImage(directory, key) && !existsSync(changesFile(directory, key))) held.remove()
  })
}

/** Removes everything of a key, whatever stands on it: of an SR that is being destroyed. */
export async function removeAll({ directory, locks }: Directory, key: string): Promise<void> {
  await withLock(locks, volumeLockFile(directory, key), (held) => {
    removeFile(metadataFile(directory, key))
    syncPath(directory)
    removeFiles(directory, key, FORMAT_NAMES)
    removeFile(changesFile(directory, key))
    held.remove()
  })
}

async function collectAmong(place: Directory, keys: readonly string[]): Promise<boolean> {
  const { directory, locks } = place
  const held = new Map<string, Lock>()
  try {
    for (const key of keys) {
      const lock = await locks.tryLock(volumeLockFile(directory, key))
      if (lock !== undefined) held.set(key, lock)
    }
    // Only now is it sure that nothing is put on one of them.
    return removeUnneeded(directory, held)
  } finally {
    for (const lock of held.values()) lock.release()
  }
}

function removeUnneeded(directory: string, held: ReadonlyMap<string, Lock>): boolean {
  const contents = readContents(directory)
  let removed = false
  let known: { readonly children: Children | undefined; readonly parents: ReadonlySet<string> } | undefined
  for (const [key, lock] of held) {
    const metadata = findMetadata(directory, key)
    if (metadata !== undefined) recoverImage(directory, key, formatOf(metadata))
    removeTemporaryFiles(directory, key)
    if (contents.volumes.get(key)?.has('.json') && (metadata === undefined || hasData(metadata))) continue
    known ??= { children: knownChildren(directory), parents: trackedParents(directory, contents.volumes.keys()) }
    const isBelow = known.children === undefined || (known.children.get(key)?.size ?? 0) > 0
    if (!isBelow) removed = removeFiles(directory, key, FORMAT_NAMES) || removed
    if (metadata !== undefined) continue
    if (!known.parents.has(key)) {
      removed = removed || existsSync(changesFile(directory, key))
      removeFile(changesFile(directory, key))
    }
    if (!hasImage(directory, key) && !existsSync(changesFile(directory, key))) lock.remove()
  }
  return removed
}

/** What stands on what, where that matters; undefined where it cannot be told. */
function childrenIfHidden(directory: string, { volumes }: Contents): Children | undefined {
  const hidden = [...volumes.values()].some((endings) => endings.has('.qcow2') && !endings.has('.json'))
  return hidden ? knownChildren(directory) : new Map()
}

function knownChildren(directory: string): Children | undefined {
  try {
    return childrenIn(directory)
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error
    process.stderr.write(`no image is removed: ${error.message}\n`)
    return undefined
  }
}

function removeFiles(directory: string, key: string, formats: typeof FORMAT_NAMES): boolean {
  let removed = false
  for (const format of formats) {
    const path = imageFile(directory, key, format)
    if (!existsSync(path)) continue
    removeFile(path)
    removed = true
  }
  removeTemporaryFiles(directory, key)
  return removed
}

function removeTemporaryFiles(directory: string, key: string): void {
  for (const format of FORMAT_NAMES) removeFile(newImageFile(directory, key, format))
  removeFile(newMetadataFile(directory, key))
  removeFile(changesFile(directory, key) + TEMPORARY_SUFFIX)
}

function hasImage(directory: string, key: string): boolean {
  return FORMAT_NAMES.some((format) => existsSync(imageFile(directory, key, format)))
}
