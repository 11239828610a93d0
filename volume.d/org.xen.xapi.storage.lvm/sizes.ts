/** Sizes of volumes. */
import type { Int64 } from '../../src/contract/json.ts'
import { errors } from '../../src/kit/index.ts'

/** 4 PiB: what the node:fs interface carries with room to spare. */
const MAX_SIZE = 2 ** 52

/** LVM counts in sectors; no disk has larger ones. */
const SECTOR = 4096

/**
 * The size asked for as a number of bytes in whole sectors; LVM rounds it up to extents.
 * @throws PluginError SR_BACKEND_FAILURE_79 for a size below 1 or beyond 4 PiB
 */
export function volumeSize(size: Int64): number {
  if (size < 1) throw errors.invalidSize(`a volume of ${size} bytes is not possible; the smallest size is 1`)
  if (size > MAX_SIZE) throw errors.invalidSize(`${size} bytes are more than the ${MAX_SIZE} that a volume can have`)
  return inExtents(Number(size), SECTOR)
}

/** A size rounded up to extents. */
export function inExtents(bytes: number, extentSize: number): number {
  return Math.ceil(bytes / extentSize) * extentSize
}
