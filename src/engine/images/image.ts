/** Images: raw files, sparse where nothing has been written. */
import { type BigIntStats, closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, statSync } from 'node:fs'
import type { Int64 } from '../../contract/json.ts'
import { errors } from '../../kit/index.ts'
import { copyImage } from '../copy.ts'
import type { Lock } from '../lock.ts'
import { VolumeInUseError } from '../sr/errors.ts'
import { DamagedFileError } from '../sr/record-file.ts'
import { errnoOf, storageError } from '../storage-error.ts'
import { imageFile } from './layout.ts'
import { type Metadata, readMetadata } from './metadata.ts'

/**
 * Sizes are multiples of 4 KiB: a loop device drops the end of a file that does not fill a sector, direct I/O needs
 * whole blocks of the storage, and the largest block in use is 4 KiB.
 */
const SIZE_UNIT = 4096

/** 4 PiB: what the node:fs interface and the loop devices of the datapath carry with room to spare. */
const MAX_SIZE = 2 ** 52

/** Permission bits of an image; the datapath attaches an image without write permission read-only. */
export const WRITABLE = 0o600
export const READ_ONLY = 0o400

/** An open volume. Its image stays the same although the volume may be reverted or destroyed meanwhile. */
export interface Source {
  readonly metadata: Metadata
  readonly path: string
  readonly descriptor: number
}

/**
 * The size in bytes that an image gets for the size asked for: that, rounded up.
 * @throws PluginError SR_BACKEND_FAILURE_79 for a size below 1 or beyond 4 PiB
 */
export function imageSize(size: Int64): number {
  if (size < 1) throw errors.invalidSize(`a volume of ${size} bytes is not possible; the smallest size is 1`)
  if (size > MAX_SIZE) throw errors.invalidSize(`${size} bytes are more than the ${MAX_SIZE} that a volume can have`)
  return Math.ceil(Number(size) / SIZE_UNIT) * SIZE_UNIT
}

/** Makes an image without data. Durable but for its name, which the caller makes so with the metadata. */
export function createImage(path: string, size: number): void {
  changeSize(path, 'wx', size)
}

/** Makes an image larger; what is new reads as zeros. */
export function growImage(path: string, size: number): void {
  changeSize(path, 'r+', size)
}

/**
 * Runs a body with a volume open for reading.
 * @throws PluginError Volume_does_not_exist
 */
export async function withSource<T>(
  directory: string,
  key: string,
  body: (source: Source) => T | Promise<T>,
): Promise<T> {
  const metadata = readMetadata(directory, key)
  const path = imageFile(directory, key)
  const descriptor = openImage(directory, key)
  try {
    return await body({ metadata, path, descriptor })
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Size and allocation of a volume's image.
 * @throws PluginError Volume_does_not_exist
 * @throws DamagedFileError where the volume exists and its image does not
 */
export function statImage(directory: string, key: string): BigIntStats {
  try {
    return statSync(imageFile(directory, key), { bigint: true })
  } catch (error) {
    throwAbsent(error, directory, key)
  }
}

/**
 * Copies an image as it is at one point in time; nothing is left of a copy that fails.
 * @throws VolumeInUseError where the file system has no reflink and the image was written meanwhile
 * @throws PluginError SR_BACKEND_FAILURE_44 where there is no space
 */
export function copySource({ path, descriptor }: Source, destination: string, held: Lock, mode: number): void {
  const before = fstatSync(descriptor, { bigint: true })
  copyImage(descriptor, destination, mode, held, () => {
    const after = fstatSync(descriptor, { bigint: true })
    if (after.mtimeNs === before.mtimeNs && after.size === before.size) return
    throw new VolumeInUseError(
      `${path} was written while it was being copied, and its file system has no reflink: ` +
        'repeat the call when the volume is not in use',
    )
  })
}

function changeSize(path: string, flags: string, size: number): void {
  try {
    const descriptor = openSync(path, flags, WRITABLE)
    try {
      ftruncateSync(descriptor, size)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (errnoOf(error) === 'EFBIG') throw errors.invalidSize(`the file system has no files of ${size} bytes`)
    throw storageError(error)
  }
}

function openImage(directory: string, key: string): number {
  try {
    return openSync(imageFile(directory, key), 'r')
  } catch (error) {
    throwAbsent(error, directory, key)
  }
}

function throwAbsent(error: unknown, directory: string, key: string): never {
  if (errnoOf(error) !== 'ENOENT') throw error
  // Says that the volume does not exist where it was destroyed meanwhile.
  readMetadata(directory, key)
  throw new DamagedFileError(imageFile(directory, key), 'the image of an existing volume is missing')
}
