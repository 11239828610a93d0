/** What nothing needs in an SR's directory: what killed calls left, and images that nothing stands on any more. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
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

/** A key that is locked has the files that are listed, and no others: what is not there costs no look at the storage. */
function removeUnneeded(directory: string, held: ReadonlyMap<string, Lock>): boolean {
  const { volumes } = readContents(directory)
  let removed = false
  let known: { readonly children: Children | undefined; readonly parents: ReadonlySet<string> } | undefined
  for (const [key, lock] of held) {
    const endings = new Set(volumes.get(key))
    const metadata = findMetadata(directory, key)
    if (metadata !== undefined) recoverImage(directory, key, formatOf(metadata))
    removeListed(directory, key, endings, TEMPORARY)
    if (endings.has('.json') && (metadata === undefined || hasData(metadata))) continue
    known ??= { children: knownChildren(directory), parents: trackedParents(directory, mayTrack(volumes, held)) }
    const isBelow = known.children === undefined || (known.children.get(key)?.size ?? 0) > 0
    if (!isBelow) removed = removeListed(directory, key, endings, IMAGES) || removed
    if (metadata !== undefined) continue
    if (!known.parents.has(key)) removed = removeListed(directory, key, endings, CHANGES) || removed
    if (![...IMAGES, ...CHANGES].some((ending) => endings.has(ending))) lock.remove()
  }
  return removed
}

/** Keys of which there may be a record of changes. */
function mayTrack(volumes: Contents['volumes'], held: ReadonlyMap<string, Lock>): readonly string[] {
  return [...volumes]
    .filter(([key, endings]) => !held.has(key) || endings.has('.json') || endings.has('.cbt'))
    .map(([key]) => key)
}

const IMAGES = FORMAT_NAMES.map((format) => `.${format}`)
const CHANGES = ['.cbt']
const TEMPORARY = [...IMAGES, ...CHANGES, '.json'].map((ending) => ending + TEMPORARY_SUFFIX)

/**
 * Removes those files of a key that are listed, and takes them off the list.
 * @returns whether there were any: an SMB server goes on listing for a while what somebody has open
 */
function removeListed(directory: string, key: string, listed: Set<string>, endings: readonly string[]): boolean {
  const paths = endings.filter((ending) => listed.delete(ending)).map((ending) => join(directory, key + ending))
  const present = paths.filter((path) => existsSync(path))
  for (const path of present) removeFile(path)
  return present.length > 0
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

function removeFiles(directory: string, key: string, formats: typeof FORMAT_NAMES): void {
  for (const format of formats) removeFile(imageFile(directory, key, format))
  removeTemporaryFiles(directory, key)
}

function removeTemporaryFiles(directory: string, key: string): void {
  for (const format of FORMAT_NAMES) removeFile(newImageFile(directory, key, format))
  removeFile(newMetadataFile(directory, key))
  removeFile(changesFile(directory, key) + TEMPORARY_SUFFIX)
}

function hasImage(directory: string, key: string): boolean {
  return FORMAT_NAMES.some((format) => existsSync(imageFile(directory, key, format)))
}
