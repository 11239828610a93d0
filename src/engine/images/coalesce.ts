/**
 * Takes out images that nothing names and one other stands on: what destroyed snapshots leave. The two are merged in a new
 * file, which takes the place of the upper one by a rename, and the lower one is then removed.
 *
 * So a crash at any instant leaves every image as it was, or the merged one, which shows the same. No image that somebody
 * has open is changed: readers go on with the file that they have open, and the image of a volume that is written, here or
 * elsewhere, is left alone. Calls on volumes wait for no more than the rename.
 */
import { closeSync, fstatSync, openSync, renameSync, statSync } from 'node:fs'
import { removeFile, syncPath } from '../atomic-file.ts'
import { copyImage } from '../copy.ts'
import { randomUuid } from '../identifiers.ts'
import type { Lock } from '../lock.ts'
import { withWriter } from '../qsd/live.ts'
import { SrUnreachableError, VolumeInUseError } from '../sr/errors.ts'
import { withLock } from '../sr/locks.ts'
import { childrenIn, parentOf } from './chain.ts'
import { makeDurable, READ_ONLY, unchanged, WRITABLE } from './image.ts'
import { withLocalWriter } from './layer.ts'
import { imageFile, newImageFile, volumeLockFile } from './layout.ts'
import { findMetadata, hasData } from './metadata.ts'
import { rebase, refuseInUse } from './qemu-img.ts'
import { checkRepository, type Repository } from './repository.ts'
import { keepChanges } from './tracking.ts'

/** An image that nothing names, and the only one that stands on it. */
interface Pair {
  readonly lower: string
  readonly upper: string
}

/**
 * Merges one pair of images.
 * @param passed pairs that could not be merged, which this adds to
 * @returns false where there is none left
 */
export async function mergeOne(repository: Repository, passed: Set<string>): Promise<boolean> {
  const pair = pairsIn(repository).find(({ lower, upper }) => !passed.has(`${lower} ${upper}`))
  if (pair === undefined) return false
  try {
    if (await merge(repository, pair)) return true
  } catch (error) {
    if (error instanceof SrUnreachableError) throw error
    // Another pair may be possible, such as one that there is space for; a later job tries this one again.
    process.stderr.write(`${pair.upper}: ${error instanceof Error ? error.message : String(error)}\n`)
  }
  passed.add(`${pair.lower} ${pair.upper}`)
  return true
}

/** All pairs, those of the longest chains last. */
function pairsIn({ directory }: Repository): readonly Pair[] {
  return [...childrenIn(directory)].flatMap(([lower, children]) => {
    const metadata = findMetadata(directory, lower)
    const [upper, another] = children
    const isNamed = metadata !== undefined && hasData(metadata)
    return isNamed || upper === undefined || another !== undefined ? [] : [{ lower, upper }]
  })
}

/** @returns whether the images are merged */
async function merge(repository: Repository, { lower, upper }: Pair): Promise<boolean> {
  const { directory, locks } = repository
  const metadata = findMetadata(directory, upper)
  // Its bitmap would have all that is below as changed.
  if (metadata?.read_write && metadata.cbt !== undefined) return false
  const image = imageFile(directory, upper, 'qcow2')
  refuseInUse(imageFile(directory, lower, 'qcow2'), 'qcow2')
  if (metadata?.read_write) await refuseWritten(repository, upper)
  else refuseInUse(image, 'qcow2')
  const merged = randomUuid()
  return await withLock(locks, volumeLockFile(directory, merged), async (held) => {
    const path = newImageFile(directory, merged, 'qcow2')
    const descriptor = openSync(image, 'r')
    try {
      const verify = unchanged(image, descriptor)
      copyImage(descriptor, path, WRITABLE, held, verify)
      const below = parentOf(directory, lower)
      rebase(path, below === undefined ? undefined : imageFile(directory, below, 'qcow2'), held)
      makeDurable(path, metadata?.read_write ? WRITABLE : READ_ONLY)
      return await replace(repository, { lower, upper }, descriptor, path, verify)
    } finally {
      closeSync(descriptor)
      removeFile(path)
      held.remove()
    }
  })
}

/** With the datapath kept out: what looks at an image keeps others from opening it for writing for an instant. */
function refuseWritten(repository: Repository, key: string): Promise<void> {
  return withLocalWriter(repository, key, (writer) => {
    if (writer !== undefined) throw new VolumeInUseError(`${key} is in use`)
  })
}

function replace(
  repository: Repository,
  { lower, upper }: Pair,
  descriptor: number,
  path: string,
  verify: () => void,
): Promise<boolean> {
  const { directory, locks } = repository
  const image = imageFile(directory, upper, 'qcow2')
  return withLock(locks, volumeLockFile(directory, upper), async (held: Lock) => {
    checkRepository(repository)
    const metadata = findMetadata(directory, upper)
    const named = statSync(image, { throwIfNoEntry: false })
    // Meanwhile a snapshot may have been made of it, or it may be gone.
    if (named === undefined || named.ino !== fstatSync(descriptor).ino || parentOf(directory, upper) !== lower) {
      if (named === undefined && metadata === undefined) held.remove()
      return false
    }
    const put = (): void => {
      verify()
      if (metadata !== undefined && !metadata.read_write) keepChanges(directory, upper, metadata)
      renameSync(path, image)
      syncPath(directory)
    }
    const local = repository.localDisk(`${upper}.qcow2`)
    if (metadata?.read_write) {
      await withLocalWriter(repository, upper, (writer) => {
        if (writer !== undefined) throw new VolumeInUseError(`${upper} is in use`)
        put()
      })
    } else if (local === undefined) put()
    // Not while the datapath, or a change of a volume, opens a chain, one image after the other: it would look for the lower
    // one in vain. Who only reads does not keep us waiting, and tries again: see withChain.
    else await withWriter(local.disk, put)
    return true
  })
}
