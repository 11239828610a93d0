/** The bytes of a logical volume: of its device where the kernel makes one, otherwise of its physical volumes. */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { BLOCK_SIZE, type Readable } from '../compare.ts'
import { storageError } from '../storage-error.ts'
import { runTool } from '../tool.ts'
import { hasDeviceMapper } from './device-mapper.ts'
import type { LogicalVolume, PhysicalVolume, Segment } from './report.ts'

/** A stretch of a block device that is a stretch of a logical volume. */
export interface Piece {
  readonly device: string
  /** Bytes. */
  readonly offset: number
  readonly length: number
}

/** What is needed of a volume group to find the bytes in it. */
export interface Layout {
  readonly vg: string
  readonly extentSize: number
  readonly physicalVolumes: readonly PhysicalVolume[]
}

/** A logical volume whose bytes only device-mapper could find. */
export class UnmappableError extends Error {
  override readonly name = 'UnmappableError'
}

/**
 * Where the bytes of a logical volume are, in order.
 * @throws UnmappableError
 */
export function piecesOf(layout: Layout, { name, size, segments }: LogicalVolume): readonly Piece[] {
  if (hasDeviceMapper()) return [{ device: deviceOf(layout.vg, name), offset: 0, length: size }]
  return segments.map((segment, index) => {
    const end = segments[index + 1]?.start ?? size
    return { ...pieceOf(layout, name, segment), length: end - segment.start }
  })
}

/** The path of the device that device-mapper makes. */
export function deviceOf(vg: string, name: string): string {
  return `/dev/${vg}/${name}`
}

function pieceOf({ physicalVolumes, extentSize }: Layout, name: string, { ranges }: Segment): Omit<Piece, 'length'> {
  const [range, ...more] = ranges
  const physical = physicalVolumes.find(({ path }) => path === range?.device)
  if (range === undefined || physical === undefined || more.length > 0) {
    throw new UnmappableError(`${name} is more than ranges of physical volumes, and this kernel has no device-mapper`)
  }
  return { device: physical.path, offset: physical.start + range.first * extentSize }
}

/** Makes pieces read as zeroes, by the storage itself where it can; durable when it returns. */
export function zero(pieces: readonly Piece[], inherited?: number): void {
  for (const { device, offset, length } of pieces) {
    // --force: others use the same physical volume at the same time, each its own logical volume.
    const args = ['--zeroout', '--force', '--offset', String(offset), '--length', String(length), device]
    runTool('blkdiscard', args, inherited)
  }
  for (const device of new Set(pieces.map((piece) => piece.device))) syncDevice(device)
}

/** Open pieces, which are read and written as one. */
export interface Content extends Readable {
  write(buffer: Buffer, start: number, length: number, position: number): void
  /** Makes durable what was written. */
  sync(): void
}

/** Runs a body with pieces open. */
export function withContent<T>(pieces: readonly Piece[], flags: 'r' | 'r+', body: (content: Content) => T): T {
  const descriptors = new Map<string, number>()
  try {
    for (const { device } of pieces) {
      if (!descriptors.has(device)) descriptors.set(device, openSync(device, flags))
    }
    return body(contentOf(pieces, descriptors))
  } finally {
    for (const descriptor of descriptors.values()) closeSync(descriptor)
  }
}

/** Bytes read and written at a time. */
const CHUNK_SIZE = 64 * BLOCK_SIZE

/**
 * Copies a content onto one that reads as zeroes and is no smaller; blocks of zeroes are not written. The copy is of one
 * point in time, the end of the first pass: what the second pass finds as it was copied has not changed in between.
 * @returns whether that is so; false where somebody wrote the source meanwhile
 * @throws PluginError SR_BACKEND_FAILURE_44 where a thin pool is full
 */
export function copyContent(source: Content, destination: Content): boolean {
  try {
    const buffer = Buffer.alloc(CHUNK_SIZE)
    for (let position = 0; position < source.size; position += CHUNK_SIZE) {
      const length = Math.min(CHUNK_SIZE, source.size - position)
      source.read(buffer, length, position)
      for (const { start, end } of dataIn(buffer, length))
        destination.write(buffer, start, end - start, position + start)
    }
    destination.sync()
    return isCopy(source, destination)
  } catch (error) {
    throw storageError(error)
  }
}

function isCopy(source: Content, copy: Content): boolean {
  const buffer = Buffer.alloc(CHUNK_SIZE)
  const other = Buffer.alloc(CHUNK_SIZE)
  for (let position = 0; position < source.size; position += CHUNK_SIZE) {
    const length = Math.min(CHUNK_SIZE, source.size - position)
    source.read(buffer, length, position)
    copy.read(other, length, position)
    if (buffer.compare(other, 0, length, 0, length) !== 0) return false
  }
  return true
}

const ZEROES = Buffer.alloc(BLOCK_SIZE)

/** The runs of blocks that are not all zeroes. */
function* dataIn(buffer: Buffer, length: number): Iterable<{ start: number; end: number }> {
  let start: number | undefined
  for (let offset = 0; offset < length; offset += BLOCK_SIZE) {
    const end = Math.min(offset + BLOCK_SIZE, length)
    const isZero = buffer.compare(ZEROES, 0, end - offset, offset, end) === 0
    if (isZero && start !== undefined) yield { start, end: offset }
    start = isZero ? undefined : (start ?? offset)
  }
  if (start !== undefined) yield { start, end: length }
}

function contentOf(pieces: readonly Piece[], descriptors: ReadonlyMap<string, number>): Content {
  const size = pieces.reduce((sum, { length }) => sum + length, 0)
  /** Calls back for each stretch of a range that lies in one piece. */
  const each = (
    position: number,
    length: number,
    visit: (descriptor: number, offset: number, from: number, count: number) => void,
  ): void => {
    let begin = 0
    for (const piece of pieces) {
      const from = Math.max(position, begin)
      const to = Math.min(position + length, begin + piece.length)
      if (from < to) {
        visit(descriptors.get(piece.device) ?? -1, piece.offset + from - begin, from - position, to - from)
      }
      begin += piece.length
    }
  }
  return {
    size,
    read(buffer, length, position) {
      each(position, length, (descriptor, offset, from, count) => {
        transfer(readSync, descriptor, buffer, from, count, offset)
      })
    },
    write(buffer, start, length, position) {
      each(position, length, (descriptor, offset, from, count) => {
        transfer(writeSync, descriptor, buffer, start + from, count, offset)
      })
    },
    sync() {
      for (const descriptor of descriptors.values()) fsyncSync(descriptor)
    },
  }
}

type Transfer = (descriptor: number, buffer: Buffer, start: number, length: number, position: number) => number

function transfer(call: Transfer, descriptor: number, buffer: Buffer, start: number, length: number, position: number) {
  for (let done = 0; done < length; ) {
    const count = call(descriptor, buffer, start + done, length - done, position + done)
    if (count === 0) throw new Error(`a device ends at byte ${position + done}, within a logical volume`)
    done += count
  }
}

function syncDevice(device: string): void {
  const descriptor = openSync(device, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
