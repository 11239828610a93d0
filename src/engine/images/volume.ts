/** The methods of class Volume that make, change and remove volumes. */
import { existsSync } from 'node:fs'
import type { Params, Result } from '../../contract/methods.ts'
import { errors } from '../../kit/index.ts'
import { removeFile, renameFile, syncPath } from '../atomic-file.ts'
import { randomUuid } from '../identifiers.ts'
import type { Lock } from '../lock.ts'
import { isAttachedHere } from '../qsd/attached.ts'
import { growFront, growLive, withWriter } from '../qsd/live.ts'
import { VolumeInUseError, VolumeReadOnlyError } from '../sr/errors.ts'
import { withLock } from '../sr/locks.ts'
import { wishJob } from './coalesce-job.ts'
import { removeVolume } from './collect.ts'
import type { RepositoryDriver } from './driver.ts'
import { VOLUME_FORMATS, type VolumeFormat } from './format.ts'
import { growByCopy } from './grow-copy.ts'
import { copySource, createImage, growRawImage, imageSize, READ_ONLY, WRITABLE, withSource } from './image.ts'
import { withLocalWriter } from './layer.ts'
import { imageFile, isIso, isKey, metadataFile, newImageFile, readContents, volumeLockFile } from './layout.ts'
import { formatOf, hasData, type Metadata, readMetadata, writeMetadata } from './metadata.ts'
import { hasBitmap, readBitmap } from './qcow2-bitmap.ts'
import { addBitmap, growQcow2, removeBitmap } from './qemu-img.ts'
import { checkRepository, openForChange, type Repository } from './repository.ts'
import { describeVolume } from './stat.ts'
import { BITMAP, sizeOf } from './tracking.ts'

type Volume = Result<'Volume.create'>

export async function create(driver: RepositoryDriver, params: Params<'Volume.create'>): Promise<Volume> {
  const { sr, name, description, size, sharable } = params
  const repository = await openForChange(driver, sr)
  const { format } = repository
  const bytes = imageSize(size, format)
  return addVolume(repository, format, (key, image, held) => {
    createImage(image, format, bytes, held)
    return { name, description, read_write: true, sharable, keys: {}, root: key, format }
  })
}

/** Only volumes whose format has no chains: see chained.ts. */
export async function revertByCopy(repository: Repository, snapshot: string, key: string): Promise<void> {
  await withVolume(repository, key, async ({ directory }, metadata, held) => {
    const format = formatOf(metadata)
    const replacement = newImageFile(directory, key, format)
    const root = await withSource(directory, snapshot, (source) => {
      copySource(source, replacement, held, WRITABLE)
      return source.metadata.root
    })
    // The volume has the one content or the other, never a mixture.
    renameFile(replacement, imageFile(directory, key, format))
    syncPath(directory)
    writeMetadata(directory, key, { ...metadata, origin: snapshot, root })
  })
}

export async function resize(driver: RepositoryDriver, { sr, key, new_size }: Params<'Volume.resize'>): Promise<void> {
  await changeVolume(driver, sr, key, async (repository, metadata, held) => {
    const { directory } = repository
    const format = formatOf(metadata)
    const bytes = imageSize(new_size, format)
    const size = sizeOf(directory, key, metadata)
    if (size === bytes) return await finishGrowth(repository, key, bytes)
    refuseReadOnly(key, metadata)
    if (size > bytes) throw errors.invalidSize(`shrinking is not possible: the volume has ${size} bytes, not ${bytes}`)
    if (VOLUME_FORMATS[format].growth === 'by copy') await growByCopy(repository, key, format, bytes, held)
    else if (format === 'qcow2') await growChained(repository, key, metadata, bytes, held)
    else growRawImage(imageFile(directory, key, format), bytes)
  })
}

/** Changes what the metadata say about a volume. */
export function change(
  driver: RepositoryDriver,
  sr: string,
  key: string,
  changed: (metadata: Metadata) => Partial<Metadata>,
): Promise<void> {
  return changeVolume(driver, sr, key, ({ directory }, metadata) => {
    writeMetadata(directory, key, { ...metadata, ...changed(metadata) })
  })
}

/** What is gone is no error; what a killed call left of it is removed. */
export async function destroy(driver: RepositoryDriver, { sr, key }: Params<'Volume.destroy'>): Promise<void> {
  const repository = await openForChange(driver, sr)
  if (isIso(key)) throw new VolumeReadOnlyError(`${key} is an image that somebody put there; it is removed by hand`)
  if (!isKey(key)) throw errors.volumeDoesNotExist(key)
  if (!isThere(repository.directory, key) && !readContents(repository.directory).volumes.has(key)) return
  await removeVolume(repository, key, async (metadata) => {
    if (formatOf(metadata) !== 'qcow2' || !metadata.read_write) return
    if (!existsSync(imageFile(repository.directory, key, 'qcow2'))) return
    await withLocalWriter(repository, key, (writer) => {
      if (writer !== undefined) throw new VolumeInUseError(`${key} is in use: detach it first`)
    })
  })
  await wishJob(repository)
}

/** A full copy of an image without chains. */
export function addCopy(source: Repository, key: string, destination: Repository, writable: boolean): Promise<Volume> {
  return withSource(source.directory, key, (from) =>
    addVolume(destination, formatOf(from.metadata), (_key, image, held) => {
      copySource(from, image, held, writable ? WRITABLE : READ_ONLY)
      return metadataOfCopy(key, from.metadata, writable)
    }),
  )
}

/** What a copy inherits. */
export function metadataOfCopy(key: string, from: Metadata, writable: boolean): Metadata {
  const { name, description, sharable, root } = from
  return { name, description, read_write: writable, sharable, keys: {}, origin: key, root, format: formatOf(from) }
}

/**
 * Adds a volume: its image first, and last its metadata, which makes it exist. What a killed call leaves is removed by
 * the next SR.attach; what a failed one leaves, at once.
 */
export async function addVolume(
  repository: Repository,
  format: VolumeFormat,
  makeImage: (key: string, path: string, held: Lock) => Metadata | Promise<Metadata>,
  removeImage: (key: string, path: string) => void = (_key, path) => removeFile(path),
): Promise<Volume> {
  const { directory, locks } = repository
  const key = randomUuid()
  return withLock(locks, volumeLockFile(directory, key), async (held) => {
    const image = imageFile(directory, key, format)
    try {
      checkRepository(repository)
      writeMetadata(directory, key, await makeImage(key, image, held))
      return describeVolume(repository, key)
    } catch (error) {
      removeImage(key, image)
      held.remove()
      throw error
    }
  })
}

/** Runs a change of an existing volume with its lock held. */
export async function changeVolume<T>(
  driver: RepositoryDriver,
  sr: string,
  key: string,
  body: (repository: Repository, metadata: Metadata, held: Lock) => T | Promise<T>,
): Promise<T> {
  return withVolume(await openForChange(driver, sr), key, body)
}

/** The same in an SR that is open. */
export async function withVolume<T>(
  repository: Repository,
  key: string,
  body: (repository: Repository, metadata: Metadata, held: Lock) => T | Promise<T>,
): Promise<T> {
  const { directory, locks } = repository
  readMetadata(directory, key)
  if (isIso(key)) throw new VolumeReadOnlyError(`${key} is an image that somebody put there; copy it to change it`)
  return withLock(locks, volumeLockFile(directory, key), async (held) => {
    try {
      return await body(checkRepository(repository), readMetadata(directory, key), held)
    } finally {
      // Destroyed while this call waited: the lock file was made again by the wait.
      const endings = isThere(directory, key) ? undefined : readContents(directory).volumes.get(key)
      if (endings?.size === 1 && endings.has('.lock')) held.remove()
    }
  })
}

/** Whether a volume has its metadata: a look at one file, where the whole directory may hold those of thousands. */
function isThere(directory: string, key: string): boolean {
  return existsSync(metadataFile(directory, key))
}

/** @throws VolumeReadOnlyError */
export function refuseReadOnly(key: string, { read_write }: Metadata): void {
  if (!read_write) throw new VolumeReadOnlyError(`${key} is a snapshot: its content and size never change; clone it`)
}

/**
 * @throws PluginError Volume_does_not_exist where only the record of changes is kept
 */
export function refuseWithoutData(key: string, metadata: Metadata): void {
  if (!hasData(metadata)) throw errors.volumeDoesNotExist(key)
}

/** Shows the size of a disk in use where a call was killed after it had made the image as large, and before it had shown it. */
async function finishGrowth({ localDisk }: Repository, key: string, bytes: number): Promise<void> {
  const local = localDisk(`${key}.qcow2`)
  if (local === undefined || !isAttachedHere(local.disk)) return
  const live = await withWriter(local.disk, async (writer) => {
    if (writer !== undefined) await growLive(writer, bytes)
    return writer !== undefined
  })
  if (live) await growFront(local.front, bytes)
}

async function growChained(
  repository: Repository,
  key: string,
  metadata: Metadata,
  bytes: number,
  held: Lock,
): Promise<void> {
  const { directory } = repository
  const image = imageFile(directory, key, 'qcow2')
  const live = await withLocalWriter(repository, key, async (writer) => {
    if (writer !== undefined) {
      await growLive(writer, bytes)
      return true
    }
    if (hasBitmap(image, BITMAP) && readBitmap(image, BITMAP) === undefined) {
      // QEMU resizes no image with a bitmap that whoever recorded it left unfinished.
      writeMetadata(directory, key, { ...metadata, cbt: { ...metadata.cbt, lost: true } })
      removeBitmap(image, BITMAP, held)
      addBitmap(image, BITMAP, held)
    }
    growQcow2(image, bytes, held)
    return false
  })
  const local = repository.localDisk(`${key}.qcow2`)
  // A disk that is attached and not activated shows it when it is attached again or activated.
  if (live && local !== undefined) await growFront(local.front, bytes)
}
