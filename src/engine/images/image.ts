/** The image files of volumes. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Int64 } from '../../contract/json.ts'
import { errors } from '../../kit/index.ts'
import { afresh, renameFile, syncPath } from '../atomic-file.ts'
import { copyImage } from '../copy.ts'
import type { Lock } from '../lock.ts'
import { loopDevices, refreshLoopCapacity, servesFile } from '../loop.ts'
import { allocatedBytes } from '../space.ts'
import { VolumeInUseError } from '../sr/errors.ts'
import { DamagedFileError } from '../sr/record-file.ts'
import { errnoOf, storageError } from '../storage-error.ts'
import type { VolumeFormat } from './format.ts'
import { imageFile, isIso, newImageFile } from './layout.ts'
import { formatOf, type Metadata, readMetadata } from './metadata.ts'
import { readQcow2Size, withFile } from './qcow2.ts'
import { createEmpty } from './qemu-img.ts'
import { readVhdSize, VHD_MAX_SIZE } from './vhd.ts'

/**
 * Sizes are multiples of 4 KiB: a loop device drops the end of a file that does not fill a sector, direct I/O needs
 * whole blocks of the storage, and the largest block in use is 4 KiB.
 */
const SIZE_UNIT = 4096

/** Of images in bytes: 4 PiB is what the node:fs interface and the loop devices of the datapath carry with room to spare. */
const MAX_SIZE: Readonly<Record<VolumeFormat, number>> = { raw: 2 ** 52, qcow2: 2 ** 52, vhd: VHD_MAX_SIZE }

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
 * @throws PluginError SR_BACKEND_FAILURE_79 for a size below 1 or beyond what the format can have
 */
export function imageSize(size: Int64, format: VolumeFormat): number {
  const largest = MAX_SIZE[format]
  if (size < 1) throw errors.invalidSize(`a volume of ${size} bytes is not possible; the smallest size is 1`)
  if (size > largest) throw errors.invalidSize(`${size} bytes are more than the ${largest} that a volume can have`)
  return Math.ceil(Number(size) / SIZE_UNIT) * SIZE_UNIT
}

/** Makes an image without data. Durable but for its name, which the caller makes so with the metadata. */
export function createImage(path: string, format: VolumeFormat, size: number, held: Lock): void {
  // Open for reading as well: smbnetfs changes the size of no other files.
  if (format === 'raw') changeSize(path, 'wx+', size)
  else {
    createEmpty(path, format, size, held)
    makeDurable(path, WRITABLE)
  }
}

/** Makes a raw image larger, and the loop devices that serve it; what is new reads as zeros. */
export function growRawImage(path: string, size: number): void {
  changeSize(path, 'r+', size)
  const file = realPathOf(path)
  if (file === undefined) return
  for (const loop of loopDevices(file)) if (servesFile(loop, file)) refreshLoopCapacity(loop.device)
}

/** Names of the images in a directory that loop devices of ours serve. */
export function servedImages(directory: string): ReadonlySet<string> {
  const place = realPathOf(directory)
  if (place === undefined) return new Set()
  const files = loopDevices().map(({ backingFile }) => backingFile)
  return new Set(files.filter((file) => dirname(file) === place).map((file) => basename(file)))
}

/** Undefined for a path in the mount of a share, which is in a namespace of its own: no loop device is over it. */
function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
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
  const path = imageFile(directory, key, formatOf(metadata))
  const descriptor = openImage(directory, key, metadata)
  try {
    return await body({ metadata, path, descriptor })
  } finally {
    closeSync(descriptor)
  }
}

/** Bytes of an image. */
export interface ImageSizes {
  /** That the volume has for its guest. */
  readonly virtual: Int64
  /** That the file occupies. */
  readonly allocated: number
}

/**
 * The sizes of a volume's image.
 * @throws PluginError Volume_does_not_exist
 * @throws DamagedFileError where the volume exists and its image does not
 */
export function imageSizes(directory: string, key: string, metadata: Metadata): ImageSizes {
  return onImage(directory, key, metadata, (path) => afresh(() => SIZES_OF[formatOf(metadata)](path)))
}

/** SR.ls asks this of every volume: each file is opened once at most. */
const SIZES_OF: Readonly<Record<VolumeFormat, (path: string) => ImageSizes>> = {
  raw(path) {
    const image = statSync(path)
    return { virtual: image.size, allocated: allocatedBytes(image) }
  },
  qcow2: (path) => sizesWithin(path, readQcow2Size),
  vhd: (path) => sizesWithin(path, readVhdSize),
}

function sizesWithin(path: string, virtualSize: (path: string, descriptor: number) => Int64): ImageSizes {
  return withFile(path, (descriptor) => ({
    virtual: virtualSize(path, descriptor),
    allocated: allocatedBytes(fstatSync(descriptor)),
  }))
}

/**
 * Copies an image as it is at one point in time; nothing is left of a copy that fails.
 * @throws VolumeInUseError where the file system has no reflink and the image was written meanwhile
 * @throws PluginError SR_BACKEND_FAILURE_44 where there is no space
 */
export function copySource({ path, descriptor }: Source, destination: string, held: Lock, mode: number): void {
  const verify = unchanged(path, descriptor)
  copyImage(descriptor, destination, mode, held, verify)
}

/**
 * Notes the state of an open image.
 * @returns what fails where it has been written since
 */
export function unchanged(path: string, descriptor: number): () => void {
  const before = fstatSync(descriptor, { bigint: true })
  return () => {
    const after = fstatSync(descriptor, { bigint: true })
    if (after.mtimeNs === before.mtimeNs && after.size === before.size) return
    throw new VolumeInUseError(
      `${path} was written while it was being copied, and could not be copied at one point in time: ` +
        'repeat the call when the volume is not in use',
    )
  }
}

/** Syncs an image that a tool has made. */
export function makeDurable(path: string, mode: number): void {
  const descriptor = openSync(path, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  chmodSync(path, mode)
}

/** Puts a new image in the place of a volume's, at once. */
export function replaceImage(directory: string, key: string, format: VolumeFormat): void {
  renameFile(newImageFile(directory, key, format), imageFile(directory, key, format))
  syncPath(directory)
}

/**
 * Finishes what a call that was killed had begun, on a file system without hard links: it had moved the image of a
 * volume away, and not yet put the new one in its place.
 */
export function recoverImage(directory: string, key: string, format: VolumeFormat): boolean {
  // What is half written beside an image of another format is never the whole of it.
  if (format !== 'qcow2' || existsSync(imageFile(directory, key, format))) return false
  try {
    replaceImage(directory, key, format)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
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

function openImage(directory: string, key: string, metadata: Metadata): number {
  return onImage(directory, key, metadata, (path) => openSync(path, 'r'))
}

function onImage<T>(directory: string, key: string, metadata: Metadata, read: (path: string) => T): T {
  const format = formatOf(metadata)
  const path = imageFile(directory, key, format)
  try {
    return read(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  if (isIso(key)) throw errors.volumeDoesNotExist(key)
  if (recoverImage(directory, key, format)) return read(path)
  // Says that the volume does not exist where it was destroyed meanwhile.
  readMetadata(directory, key)
  throw new DamagedFileError(path, 'the image of an existing volume is missing')
}
