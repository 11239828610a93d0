/** Dirty bitmaps in qcow2 images, read from the file of an image that nobody has open for writing. */
import { BLOCK_SIZE } from '../compare.ts'
import { type Blocks, blocksOf } from './blocks.ts'
import { type Qcow2Header, readAt, readQcow2Header, withFile } from './qcow2.ts'

const IN_USE = 1
const ALL_ONES = 1n
const OFFSET_MASK = 0x00ff_ffff_ffff_fe00n

interface DirectoryEntry {
  readonly name: string
  readonly flags: number
  readonly granularity: number
  readonly tableOffset: number
  readonly tableSize: number
}

/**
 * The blocks that a bitmap has set; undefined where it cannot be relied on: it is not there, or who recorded it did not
 * end well and left it marked as in use.
 */
export function readBitmap(path: string, name: string): Blocks | undefined {
  const header = readQcow2Header(path)
  return withFile(path, (descriptor) => {
    const entry = directory(descriptor, header).find((found) => found.name === name)
    if (entry === undefined || (entry.flags & IN_USE) !== 0 || entry.granularity !== BLOCK_SIZE) return undefined
    return bits(descriptor, header, entry)
  })
}

/** Whether an image has a bitmap, usable or not. */
export function hasBitmap(path: string, name: string): boolean {
  const header = readQcow2Header(path)
  return withFile(path, (descriptor) => directory(descriptor, header).some((found) => found.name === name))
}

function directory(descriptor: number, { bitmaps }: Qcow2Header): readonly DirectoryEntry[] {
  if (bitmaps === undefined) return []
  const data = readAt(descriptor, bitmaps.offset, bitmaps.size)
  const entries: DirectoryEntry[] = []
  for (let at = 0; entries.length < bitmaps.count && at + 24 <= data.length; ) {
    const nameSize = data.readUInt16BE(at + 18)
    const extraSize = data.readUInt32BE(at + 20)
    const nameAt = at + 24 + extraSize
    entries.push({
      tableOffset: Number(data.readBigUInt64BE(at)),
      tableSize: data.readUInt32BE(at + 8),
      flags: data.readUInt32BE(at + 12),
      granularity: 2 ** data.readUInt8(at + 17),
      name: data.toString('utf8', nameAt, nameAt + nameSize),
    })
    at = Math.ceil((nameAt + nameSize) / 8) * 8
  }
  return entries
}

function bits(descriptor: number, { size, clusterSize }: Qcow2Header, entry: DirectoryEntry): Blocks {
  const blocks = blocksOf(Number(size))
  const table = readAt(descriptor, entry.tableOffset, entry.tableSize * 8)
  for (let index = 0; index * 8 < table.length; index++) {
    const value = table.readBigUInt64BE(index * 8)
    const offset = Number(value & OFFSET_MASK)
    const first = index * clusterSize * 8
    if (offset === 0) {
      if ((value & ALL_ONES) !== 0n) blocks.setRange(first, clusterSize * 8)
      continue
    }
    const cluster = readAt(descriptor, offset, clusterSize)
    // In the image the least significant bit of a byte is the first block.
    for (const [at, byte] of cluster.entries()) {
      for (let bit = 0; byte >> bit > 0; bit++) if ((byte >> bit) & 1) blocks.setRange(first + at * 8 + bit, 1)
    }
  }
  return blocks
}
