/** The methods of class Volume that make, change and remove volumes. */
import { randomUUID } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'
import type { Params, Result } from '../../src/contract/methods.ts'
import { syncPath } from '../../src/engine/atomic-file.ts'
import { type Lock, withLock } from '../../src/engine/lock.ts'
import { errors } from '../../src/kit/index.ts'
import { copySource, createImage, growImage, imageSize, READ_ONLY, statImage, WRITABLE, withSource } from './image.ts'
import { imageFile, isKey, newImageFile, readContents, volumeLockFile } from './layout.ts'
import { removeVolume } from './leftovers.ts'
import { type Metadata, readMetadata, writeMetadata } from './metadata.ts'
import { checkRepository, openRepository, type Repository } from './repository.ts'
import { describeVolume } from './stat.ts'

type Volume = Result<'Volume.create'>

/** A change of the content or size of a snapshot, which never changes. */
export class VolumeReadOnlyError extends Error {
  override readonly name = 'VolumeReadOnlyError'
}

export function create({ sr, name, description, size, sharable }: Params<'Volume.create'>): Volume {
  const bytes = imageSize(size)
  return addVolume(openRepository(sr), (key, image) => {
    createImage(image, bytes)
    return { name, description, read_write: true, sharable, keys: {}, root: key }
  })
}

export function snapshot({ sr, key }: Params<'Volume.snapshot'>): Volume {
  return addCopy(openRepository(sr), key, openRepository(sr), false)
}

export function clone({ sr, key }: Params<'Volume.clone'>): Volume {
  return addCopy(openRepository(sr), key, openRepository(sr), true)
}

export function copy({ sr, key, dest_sr }: Params<'Volume.copy'>): Volume {
  return addCopy(openRepository(sr), key, openRepository(dest_sr), true)
}

/** The new image replaces the old one by a rename: the volume has the one content or the other, never a mixture. */
export function revert({ sr, snapshot, key }: Params<'Volume.revert'>): null {
  changeVolume(sr, key, ({ directory }, metadata, held) => {
    refuseReadOnly(key, metadata)
    if (snapshot === key) return
    const replacement = newImageFile(directory, key)
    const root = withSource(directory, snapshot, (source) => {
      copySource(source, replacement, held, WRITABLE)
      return source.metadata.root
    })
    renameSync(replacement, imageFile(directory, key))
    syncPath(directory)
    writeMetadata(directory, key, { ...metadata, origin: snapshot, root })
  })
  return null
}

export function resize({ sr, key, new_size }: Params<'Volume.resize'>): null {
  const bytes = imageSize(new_size)
  changeVolume(sr, key, ({ directory }, metadata) => {
    const { size } = statImage(directory, key)
    if (size === BigInt(bytes)) return
    refuseReadOnly(key, metadata)
    if (size > bytes) throw errors.invalidSize(`shrinking is not possible: the volume has ${size} bytes, not ${bytes}`)
    growImage(imageFile(directory, key), bytes)
  })
  return null
}

export function set({ sr, key, k, v }: Params<'Volume.set'>): null {
  return changeMetadata(sr, key, ({ keys }) => ({ keys: { ...keys, [k]: v } }))
}

export function unset({ sr, key, k }: Params<'Volume.unset'>): null {
  return changeMetadata(sr, key, ({ keys: { [k]: _, ...keys } }) => ({ keys }))
}

export function setName({ sr, key, new_name }: Params<'Volume.set_name'>): null {
  return changeMetadata(sr, key, () => ({ name: new_name }))
}

export function setDescription({ sr, key, new_description }: Params<'Volume.set_description'>): null {
  return changeMetadata(sr, key, () => ({ description: new_description }))
}

/** What is gone is no error; what a killed call left of it is removed. */
export function destroy({ sr, key }: Params<'Volume.destroy'>): null {
  const { directory } = openRepository(sr)
  if (!isKey(key)) throw errors.volumeDoesNotExist(key)
  if (readContents(directory).volumes.has(key)) removeVolume(directory, key)
  return null
}

function addCopy(source: Repository, key: string, destination: Repository, writable: boolean): Volume {
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
function addVolume(repository: Repository, makeImage: (key: string, path: string, held: Lock) => Metadata): Volume {
  const { directory } = repository
  const key = randomUUID()
  return withLock(volumeLockFile(directory, key), (held) => {
    try {
      checkRepository(repository)
      writeMetadata(directory, key, makeImage(key, imageFile(directory, key), held))
      return describeVolume(directory, key)
    } catch (error) {
      rmSync(imageFile(directory, key), { force: true })
      held.remove()
      throw error
    }
  })
}

/** Runs a change of an existing volume with its lock held. */
function changeVolume(
  sr: string,
  key: string,
  change: (repository: Repository, metadata: Metadata, held: Lock) => void,
): void {
  const repository = openRepository(sr)
  const { directory } = repository
  readMetadata(directory, key)
  withLock(volumeLockFile(directory, key), (held) => {
    try {
      change(checkRepository(repository), readMetadata(directory, key), held)
    } finally {
      // Destroyed while this call waited: the lock file was made again by the wait.
      if (!readContents(directory).volumes.get(key)?.has('.json')) held.remove()
    }
  })
}

function changeMetadata(sr: string, key: string, change: (metadata: Metadata) => Partial<Metadata>): null {
  changeVolume(sr, key, ({ directory }, metadata) => {
    writeMetadata(directory, key, { ...metadata, ...change(metadata) })
  })
  return null
}

function refuseReadOnly(key: string, { read_write }: Metadata): void {
  if (!read_write) throw new VolumeReadOnlyError(`${key} is a snapshot: its content and size never change; clone it`)
}
