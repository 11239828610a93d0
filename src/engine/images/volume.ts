/** The methods of class Volume that make, change and remove volumes. */
import { randomUUID } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'
import type { Params, Result } from '../../contract/methods.ts'
import { errors } from '../../kit/index.ts'
import { syncPath } from '../atomic-file.ts'
import type { Lock } from '../lock.ts'
import { VolumeReadOnlyError } from '../sr/errors.ts'
import { withLock } from '../sr/locks.ts'
import type { RepositoryDriver } from './driver.ts'
import { copySource, createImage, growImage, imageSize, READ_ONLY, statImage, WRITABLE, withSource } from './image.ts'
import { imageFile, isKey, newImageFile, readContents, volumeLockFile } from './layout.ts'
import { removeVolume } from './leftovers.ts'
import { type Metadata, readMetadata, writeMetadata } from './metadata.ts'
import { checkRepository, openRepository, type Repository } from './repository.ts'
import { describeVolume } from './stat.ts'

type Volume = Result<'Volume.create'>

export async function create(driver: RepositoryDriver, params: Params<'Volume.create'>): Promise<Volume> {
  const { sr, name, description, size, sharable } = params
  const bytes = imageSize(size)
  return addVolume(await openRepository(driver, sr), (key, image) => {
    createImage(image, bytes)
    return { name, description, read_write: true, sharable, keys: {}, root: key }
  })
}

export async function snapshot(driver: RepositoryDriver, { sr, key }: Params<'Volume.snapshot'>): Promise<Volume> {
  const repository = await openRepository(driver, sr)
  return addCopy(repository, key, repository, false)
}

export async function clone(driver: RepositoryDriver, { sr, key }: Params<'Volume.clone'>): Promise<Volume> {
  const repository = await openRepository(driver, sr)
  return addCopy(repository, key, repository, true)
}

export async function copy(driver: RepositoryDriver, { sr, key, dest_sr }: Params<'Volume.copy'>): Promise<Volume> {
  return addCopy(await openRepository(driver, sr), key, await openRepository(driver, dest_sr), true)
}

/** The new image replaces the old one by a rename: the volume has the one content or the other, never a mixture. */
export function revert(driver: RepositoryDriver, { sr, snapshot, key }: Params<'Volume.revert'>): Promise<void> {
  return changeVolume(driver, sr, key, async ({ directory }, metadata, held) => {
    refuseReadOnly(key, metadata)
    if (snapshot === key) return
    const replacement = newImageFile(directory, key)
    const root = await withSource(directory, snapshot, (source) => {
      copySource(source, replacement, held, WRITABLE)
      return source.metadata.root
    })
    renameSync(replacement, imageFile(directory, key))
    syncPath(directory)
    writeMetadata(directory, key, { ...metadata, origin: snapshot, root })
  })
}

export function resize(driver: RepositoryDriver, { sr, key, new_size }: Params<'Volume.resize'>): Promise<void> {
  const bytes = imageSize(new_size)
  return changeVolume(driver, sr, key, ({ directory }, metadata) => {
    const { size } = statImage(directory, key)
    if (size === BigInt(bytes)) return
    refuseReadOnly(key, metadata)
    if (size > bytes) throw errors.invalidSize(`shrinking is not possible: the volume has ${size} bytes, not ${bytes}`)
    growImage(imageFile(directory, key), bytes)
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
  const repository = await openRepository(driver, sr)
  if (!isKey(key)) throw errors.volumeDoesNotExist(key)
  if (readContents(repository.directory).volumes.has(key)) await removeVolume(repository, key)
}

function addCopy(source: Repository, key: string, destination: Repository, writable: boolean): Promise<Volume> {
  return withSource(source.directory, key, (from) =>
    addVolume(destination, (_key, image, held) => {
      copySource(from, image, held, writable ? WRITABLE : READ_ONLY)
      const { name, description, sharable, root } = from.metadata
      return { name, description, read_write: writable, sharable, keys: {}, origin: key, root }
    }),
  )
}

/**
 * Adds a volume: its image first, and last its metadata, which makes it exist. What a killed call leaves is removed by
 * the next SR.attach; what a failed one leaves, at once.
 */
function addVolume(
  repository: Repository,
  makeImage: (key: string, path: string, held: Lock) => Metadata,
): Promise<Volume> {
  const { directory, locks } = repository
  const key = randomUUID()
  return withLock(locks, volumeLockFile(directory, key), (held) => {
    try {
      checkRepository(repository)
      writeMetadata(directory, key, makeImage(key, imageFile(directory, key), held))
      return describeVolume(repository, key)
    } catch (error) {
      rmSync(imageFile(directory, key), { force: true })
      held.remove()
      throw error
    }
  })
}

/** Runs a change of an existing volume with its lock held. */
async function changeVolume(
  driver: RepositoryDriver,
  sr: string,
  key: string,
  body: (repository: Repository, metadata: Metadata, held: Lock) => void | Promise<void>,
): Promise<void> {
  const repository = await openRepository(driver, sr)
  const { directory, locks } = repository
  readMetadata(directory, key)
  await withLock(locks, volumeLockFile(directory, key), async (held) => {
    try {
      await body(checkRepository(repository), readMetadata(directory, key), held)
    } finally {
      // Destroyed while this call waited: the lock file was made again by the wait.
      if (!readContents(directory).volumes.get(key)?.has('.json')) held.remove()
    }
  })
}

function refuseReadOnly(key: string, { read_write }: Metadata): void {
  if (!read_write) throw new VolumeReadOnlyError(`${key} is a snapshot: its content and size never change; clone it`)
}
