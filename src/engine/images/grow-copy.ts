/**
 * Images that grow although their format has no resize, as VHD: a larger one is made beside the image, gets what that has,
 * and takes its place at once. Killed at any instant, the volume has the one or the other.
 */
import { closeSync, openSync } from 'node:fs'
import { removeFile } from '../atomic-file.ts'
import type { Lock } from '../lock.ts'
import { writersOf } from '../open-files.ts'
import { isAttachedHere } from '../qsd/attached.ts'
import { withDaemonLock } from '../qsd/daemon-lock.ts'
import { VolumeInUseError } from '../sr/errors.ts'
import { storageError } from '../storage-error.ts'
import type { VolumeFormat } from './format.ts'
import { makeDurable, replaceImage, unchanged, WRITABLE } from './image.ts'
import { imageFile, newImageFile } from './layout.ts'
import { copyContent, createEmpty } from './qemu-img.ts'
import type { Repository } from './repository.ts'

/**
 * Replaces the image of a volume, whose lock is held, by a larger one; what is new reads as zeros.
 * @throws VolumeInUseError where somebody has it, or comes to have it meanwhile
 * @throws PluginError SR_BACKEND_FAILURE_44 where there is no space for both
 */
export async function growByCopy(
  repository: Repository,
  key: string,
  format: VolumeFormat,
  bytes: number,
  held: Lock,
): Promise<void> {
  const { directory } = repository
  const image = imageFile(directory, key, format)
  const replacement = newImageFile(directory, key, format)
  const disk = repository.localDisk(`${key}.${format}`)?.disk
  const refuseInUse = (): void => {
    const [writer] = disk !== undefined && isAttachedHere(disk) ? ['its datapath'] : writersOf(image)
    if (writer !== undefined) throw new VolumeInUseError(`${key} is in use (${writer} has it): detach it first`)
  }
  refuseInUse()
  const descriptor = openSync(image, 'r')
  try {
    const demandUnchanged = unchanged(image, descriptor)
    removeFile(replacement)
    createEmpty(replacement, format, bytes, held)
    copyContent(image, replacement, format, held)
    makeDurable(replacement, WRITABLE)
    const replace = async (): Promise<void> => {
      refuseInUse()
      demandUnchanged()
      replaceImage(directory, key, format)
    }
    // Nothing can be attached between the last look and the replacement.
    await (disk === undefined ? replace() : withDaemonLock(disk.daemon, replace))
  } catch (error) {
    removeFile(replacement)
    throw storageError(error)
  } finally {
    closeSync(descriptor)
  }
}
