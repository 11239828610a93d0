/** The size of a disk as its image file says it, for formats that say it in a few bytes, without opening the image. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type Int64, int64 } from '../../contract/json.ts'
import type { ImageFormat } from '../image-format.ts'
import { errnoOf } from '../storage-error.ts'
import type { DiskDescription } from './description.ts'

const SECTOR = 512n

/** The size of a disk whose image file says so many bytes, as QEMU rounds it. */
export const ROUNDED = {
  raw: (bytes: bigint): Int64 => int64(((bytes + SECTOR - 1n) / SECTOR) * SECTOR),
  qcow2: (bytes: bigint): Int64 => int64((bytes / SECTOR) * SECTOR),
} as const

/** Bytes 24 to 31 of a qcow2 image are the size of the disk, after the magic number and a version (qcow2 specification). */
const QCOW2_MAGIC = 'QFI\xfb'
const QCOW2_SIZE = 24

/** The last sector of a VHD image: bytes 48 to 55 are the size of the disk (Virtual Hard Disk specification). */
const VHD_COOKIE = 'conectix'
const VHD_SIZE = 48

type SizeIn = (descriptor: number) => Int64 | undefined

const SIZES: Partial<Readonly<Record<ImageFormat, SizeIn>>> = {
  raw: (descriptor) => ROUNDED.raw(fstatSync(descriptor, { bigint: true }).size),
  qcow2(descriptor) {
    const header = Buffer.alloc(QCOW2_SIZE + 8)
    const length = readSync(descriptor, header, 0, header.length, 0)
    const isQcow2 = length === header.length && header.toString('latin1', 0, QCOW2_MAGIC.length) === QCOW2_MAGIC
    return isQcow2 ? ROUNDED.qcow2(header.readBigUInt64BE(QCOW2_SIZE)) : undefined
  },
}

/** Of some programs' images QEMU takes the size from the geometry instead: then the two differ, and the file proves nothing. */
function vhdSize(descriptor: number): Int64 | undefined {
  const footer = Buffer.alloc(Number(SECTOR))
  const { size } = fstatSync(descriptor)
  readSync(descriptor, footer, 0, footer.length, Math.max(0, size - footer.length))
  return footer.toString('latin1', 0, VHD_COOKIE.length) === VHD_COOKIE
    ? int64(footer.readBigUInt64BE(VHD_SIZE))
    : undefined
}

/**
 * Bytes of a disk; undefined where only opening the image tells: it is not in a file of this host, is a part of it, or has
 * another format.
 */
export function sizeInFile(description: DiskDescription): Int64 | undefined {
  return sizeBy(SIZES[description.format], description)
}

/** Whether the image file says that the disk has so many bytes, as QEMU was seen to do. */
export function saysSize(description: DiskDescription, size: Int64): boolean {
  return sizeBy(description.format === 'vhd' ? vhdSize : SIZES[description.format], description) === size
}

/** Whether the file of a disk can say its size. */
export function canSaySize({ protocol, format, part, says }: DiskDescription): boolean {
  if (says !== undefined) return true
  return protocol.driver === 'file' && (format === 'vhd' || SIZES[format] !== undefined) && part === undefined
}

function sizeBy(sizeIn: SizeIn | undefined, { protocol, part, says }: DiskDescription): Int64 | undefined {
  if (says !== undefined) return says
  if (protocol.driver !== 'file' || sizeIn === undefined || part !== undefined) return undefined
  try {
    const descriptor = openSync(protocol.filename, 'r')
    try {
      return sizeIn(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}
