/** Which blocks of two raw images differ. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { beginLongWork } from './busy.ts'
import { dataExtents, type Extent } from './extents.ts'

/** Bytes of a block: the granularity that XenAPI documents for changed blocks. */
export const BLOCK_SIZE = 65536

/** Bytes read of each image at a time. */
const CHUNK_SIZE = 64 * BLOCK_SIZE

/** A run of blocks: [first block, number of blocks]. */
export type BlockRange = [number, number]

/** Something whose bytes can be read at any place. */
export interface Readable {
  /** Bytes. */
  readonly size: number
  /** Where there may be other bytes than zeros; everywhere unless given. */
  readonly data?: readonly Extent[]
  /** Fills the first `length` bytes of the buffer with those from `position` on. */
  read(buffer: Buffer, length: number, position: number): void
}

/**
 * The blocks of {@link BLOCK_SIZE} bytes in which two files differ, in order, neighbours joined. What one file has
 * beyond the end of the other differs. Holes of both are not read; memory does not grow with the files.
 */
export function differingBlocks(path: string, otherPath: string): BlockRange[] {
  beginLongWork()
  const file = openSync(path, 'r')
  try {
    const other = openSync(otherPath, 'r')
    try {
      return compare(readable(file), readable(other), chunksOf([path, otherPath].flatMap(dataExtents)))
    } finally {
      closeSync(other)
    }
  } finally {
    closeSync(file)
  }
}

/** The same of anything that can be read; all of it is read, unless both say where they have data. */
export function differingBlocksOf(one: Readable, other: Readable): BlockRange[] {
  if (one.data !== undefined && other.data !== undefined)
    return compare(one, other, chunksOf([...one.data, ...other.data]))
  const chunks = Math.ceil(Math.min(one.size, other.size) / CHUNK_SIZE)
  return compare(one, other, Array(chunks).keys())
}

function readable(file: number): Readable {
  return {
    size: fstatSync(file).size,
    read: (buffer, length, position) => readFully(file, buffer, length, position),
  }
}

function compare(one: Readable, other: Readable, chunks: Iterable<number>): BlockRange[] {
  const ranges: BlockRange[] = []
  const common = Math.min(one.size, other.size)
  const buffer = Buffer.alloc(CHUNK_SIZE)
  const otherBuffer = Buffer.alloc(CHUNK_SIZE)
  for (const chunk of chunks) {
    const start = chunk * CHUNK_SIZE
    const length = Math.min(CHUNK_SIZE, common - start)
    if (length <= 0) break
    one.read(buffer, length, start)
    other.read(otherBuffer, length, start)
    if (buffer.compare(otherBuffer, 0, length, 0, length) === 0) continue
    for (let offset = 0; offset < length; offset += BLOCK_SIZE) {
      const end = Math.min(offset + BLOCK_SIZE, length)
      if (buffer.compare(otherBuffer, offset, end, offset, end) !== 0) append(ranges, (start + offset) / BLOCK_SIZE, 1)
    }
  }
  const first = Math.floor(common / BLOCK_SIZE)
  const blocks = Math.ceil(Math.max(one.size, other.size) / BLOCK_SIZE)
  if (one.size !== other.size) append(ranges, first, blocks - first)
  return ranges
}

/** Numbers of the chunks that at least one extent touches, in order. */
function* chunksOf(extents: readonly Extent[]): Iterable<number> {
  let next = 0
  for (const { start, end } of [...extents].sort((left, right) => left.start - right.start)) {
    for (next = Math.max(next, Math.floor(start / CHUNK_SIZE)); next * CHUNK_SIZE < end; next++) yield next
  }
}

function append(ranges: BlockRange[], first: number, count: number): void {
  const last = ranges.at(-1)
  if (last !== undefined && last[0] + last[1] >= first) last[1] = Math.max(last[1], first + count - last[0])
  else ranges.push([first, count])
}

/** Fills the first bytes of a buffer with those of a file from a position on. */
export function readFully(file: number, buffer: Buffer, length: number, position: number): void {
  let done = 0
  while (done < length) {
    const bytesRead = readSync(file, buffer, done, length - done, position + done)
    // A file that was cut short meanwhile reads as zeros.
    if (bytesRead === 0) buffer.fill(0, done, length)
    done += bytesRead === 0 ? length - done : bytesRead
  }
}
