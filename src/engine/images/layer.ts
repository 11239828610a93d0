/**
 * Images that stand on each other. Nothing is ever written to an image that has been put below another one.
 *
 * To put the image of a volume below a new one takes these steps, and a crash between any two of them leaves the volume
 * with the content it had:
 *
 * 1. the image gets a second name, that of the node: nothing stands on it yet;
 * 2. a new, empty image that stands on the node is made beside the volume's, and takes its place by a rename;
 * 3. a disk in use goes on in the new image: until then it writes to the node, which the volume shows all the same.
 */
import { chmodSync, linkSync } from 'node:fs'
import { join } from 'node:path'
import { errors } from '../../kit/index.ts'
import { removeFile, renameFile, syncPath } from '../atomic-file.ts'
import type { Lock } from '../lock.ts'
import { continueIn, hasOpen, type Writer, withWriter } from '../qsd/live.ts'
import { errnoOf } from '../storage-error.ts'
import { chainOf, LONGEST_CHAIN } from './chain.ts'
import { makeDurable, READ_ONLY, recoverImage, replaceImage, WRITABLE } from './image.ts'
import { imageFile, newImageFile } from './layout.ts'
import { readQcow2Header } from './qcow2.ts'
import { addBitmap, createOverlay, refuseInUse } from './qemu-img.ts'
import type { Repository } from './repository.ts'
import { BITMAP } from './tracking.ts'

/** What the kernel says where a file system has no hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES'])

/**
 * Runs a body while the datapath of this host activates and deactivates no disk of a volume.
 * @param body gets who writes to the image here; where nobody does, nobody elsewhere may either
 * @throws VolumeInUseError
 */
export async function withLocalWriter<T>(
  repository: Repository,
  key: string,
  body: (writer: Writer | undefined) => T | Promise<T>,
): Promise<T> {
  const image = imageFile(repository.directory, key, 'qcow2')
  const alone = (): T | Promise<T> => {
    refuseInUse(image, 'qcow2')
    return body(undefined)
  }
  const local = repository.localDisk(`${key}.qcow2`)
  if (local === undefined) return await alone()
  return await withWriter(local.disk, async (writer) => {
    if (writer === undefined) return await alone()
    // A call was killed between its last two steps.
    return await body(hasOpen(writer, image) ? writer : await continueIn(writer, image))
  })
}

/**
 * Puts the image of a volume below a new one, so that its content stays the same under the name of the node. The locks
 * of both are held.
 * @param tracked whether the new image records its changes
 * @throws PluginError SR_BACKEND_FAILURE_109 where the chain is as long as it may be
 * @throws VolumeInUseError where another host or process writes to it
 */
export async function freeze(
  repository: Repository,
  key: string,
  node: string,
  held: Lock,
  tracked: boolean,
): Promise<void> {
  const { directory } = repository
  const image = imageFile(directory, key, 'qcow2')
  recoverImage(directory, key, 'qcow2')
  const { length } = chainOf(directory, key)
  if (length >= LONGEST_CHAIN) {
    throw errors.chainTooLong(
      `${key} stands on ${length - 1} images, and no more than ${LONGEST_CHAIN} in all are possible: ` +
        'destroy snapshots, and try again when the job in the background has merged them',
    )
  }
  await withLocalWriter(repository, key, async (writer) => {
    const destination = imageFile(directory, node, 'qcow2')
    makeOverlay(directory, key, node, readQcow2Header(image).size, held, tracked)
    moveAway(image, destination)
    replaceImage(directory, key, 'qcow2')
    // A node that is still written must not look as if it could be taken away: see coalesce.ts.
    if (writer !== undefined) await continueIn(writer, image)
    chmodSync(destination, READ_ONLY)
  })
}

/** Makes the new image of a volume, beside its place, on a node. */
export function makeOverlay(
  directory: string,
  key: string,
  node: string,
  size: bigint,
  held: Lock,
  tracked: boolean,
): void {
  const path = newImageFile(directory, key, 'qcow2')
  removeFile(path)
  createOverlay(path, imageFile(directory, node, 'qcow2'), size, held)
  if (tracked) addBitmap(path, BITMAP, held)
  makeDurable(path, WRITABLE)
}

/** Takes away a node that nothing stands on, when a call has failed that was to put it below a volume. */
export function removeUnusedNode(directory: string, key: string, node: string): void {
  if (readQcow2Header(imageFile(directory, key, 'qcow2')).backing === `${node}.qcow2`) return
  removeFile(imageFile(directory, node, 'qcow2'))
}

function moveAway(image: string, destination: string): void {
  try {
    linkSync(image, destination)
  } catch (error) {
    if (!NO_LINKS.has(errnoOf(error) ?? '')) throw error
    renameFile(image, destination)
  }
  syncPath(join(destination, '..'))
}
