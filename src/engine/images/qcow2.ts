/**
 * What is read from a qcow2 image without starting a tool: size and backing file (QEMU's docs/interop/qcow2.txt). Only
 * of images that the metadata say are qcow2: nothing is ever probed.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { type Int64, int64 } from '../../contract/json.ts'
import { afresh } from '../atomic-file.ts'
import { beginStep } from '../busy.ts'
import { DamagedFileError } from '../sr/record-file.ts'

const MAGIC = 0x514649fb
const HEADER_V3 = 104

/** Bytes in which header, its extensions and the name of the backing file are. */
export const HEADER_AREA = 4096

/** Bit of the autoclear features that says that the bitmaps are up to date. */
const BITMAPS_VALID = 1n
const BITMAPS_EXTENSION = 0x23852875

/** What the header of an image says. */
export interface Qcow2Header {
  /** Virtual size in bytes. */
  readonly size: bigint
  /** Name of the backing file as it is written. */
  readonly backing?: string
  readonly clusterSize: number
  /** Where the directory of bitmaps is; undefined where there are none that can be trusted. */
  readonly bitmaps?: { readonly offset: number; readonly size: number; readonly count: number }
}

/**
 * Reads the header of an image.
 * @throws DamagedFileError, and the system's error where the file cannot be read
 */
export function readQcow2Header(path: string): Qcow2Header {
  return afresh(() =>
    withFile(path, (descriptor) =>
      parseQcow2Header(path, area.subarray(0, readSync(descriptor, area, 0, HEADER_AREA, 0))),
    ),
  )
}

/**
 * The virtual size in bytes that the header of an open image says.
 * @param path for the error
 * @throws DamagedFileError
 */
export function readQcow2Size(path: string, descriptor: number): Int64 {
  refuseOther(path, area, readSync(descriptor, area, 0, HEADER_V3, 0))
  return int64(area.readBigUInt64BE(24))
}

/** One for all headers: SR.ls reads that of every volume. */
const area = Buffer.alloc(HEADER_AREA)

/** Runs a body with a file open for reading. */
export function withFile<T>(path: string, body: (descriptor: number) => T): T {
  beginStep()
  const descriptor = openSync(path, 'r')
  try {
    return body(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Bytes of a file at a position; fewer at its end. */
export function readAt(descriptor: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const count = readSync(descriptor, buffer, done, length - done, position + done)
    if (count === 0) break
    done += count
  }
  return buffer.subarray(0, done)
}

/**
 * Takes the beginning of an image apart.
 * @param path for the error
 * @throws DamagedFileError
 */
export function parseQcow2Header(path: string, data: Buffer): Qcow2Header {
  refuseOther(path, data, data.length)
  const offset = Number(data.readBigUInt64BE(8))
  const length = data.readUInt32BE(16)
  if (offset + length > data.length) throw new DamagedFileError(path, 'its header is cut off')
  const bitmaps = (data.readBigUInt64BE(88) & BITMAPS_VALID) === 0n ? undefined : findBitmaps(data)
  return {
    size: data.readBigUInt64BE(24),
    clusterSize: 2 ** data.readUInt32BE(20),
    ...(length === 0 ? {} : { backing: data.toString('utf8', offset, offset + length) }),
    ...(bitmaps === undefined ? {} : { bitmaps }),
  }
}

function refuseOther(path: string, data: Buffer, length: number): void {
  if (length < HEADER_V3 || data.readUInt32BE(0) !== MAGIC) throw new DamagedFileError(path, 'it is no qcow2 image')
}

function findBitmaps(data: Buffer): Qcow2Header['bitmaps'] {
  for (let at = data.readUInt32BE(100); at + 8 <= data.length; ) {
    const type = data.readUInt32BE(at)
    const length = data.readUInt32BE(at + 4)
    if (type === 0) return undefined
    if (type === BITMAPS_EXTENSION && at + 32 <= data.length) {
      return {
        count: data.readUInt32BE(at + 8),
        size: Number(data.readBigUInt64BE(at + 16)),
        offset: Number(data.readBigUInt64BE(at + 24)),
      }
    }
    at += 8 + Math.ceil(length / 8) * 8
  }
  return undefined
}
