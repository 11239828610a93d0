/**
 * A set of blocks of 64 KiB, as Volume.list_changed_blocks answers it: one bit for each block, the first block in the most
 * significant bit of the first byte. The interface does not say the order; this is that of the SMAPIv1 implementation.
 */
import { BLOCK_SIZE, type BlockRange } from '../compare.ts'

export interface Blocks {
  /** Number of blocks, set or not. */
  readonly count: number
  /** The bits; those after the last block are 0. */
  readonly bytes: Buffer
  /** Sets some blocks; those that do not exist are left out. */
  setRange(first: number, count: number): void
  /** Sets the blocks that another set has. */
  add(other: Blocks): void
}

/** No block of a volume of a size in bytes. */
export function blocksOf(size: number): Blocks {
  return blocksIn(Math.ceil(size / BLOCK_SIZE), Buffer.alloc(Math.ceil(size / BLOCK_SIZE / 8)))
}

/** All blocks of a volume. */
export function allBlocks(size: number): Blocks {
  const blocks = blocksOf(size)
  blocks.setRange(0, blocks.count)
  return blocks
}

/** The blocks of a bitmap that was stored. */
export function blocksIn(count: number, bytes: Buffer): Blocks {
  const blocks: Blocks = {
    count,
    bytes,
    setRange(first, length) {
      const end = Math.min(first + length, count)
      for (let block = first; block < end; block++) {
        const at = block >> 3
        if (block % 8 === 0 && end - block >= 8) {
          bytes[at] = 0xff
          block += 7
        } else bytes[at] = (bytes[at] ?? 0) | (0x80 >> (block % 8))
      }
    },
    add(other) {
      for (let at = 0; at < Math.min(bytes.length, other.bytes.length); at++) {
        bytes[at] = (bytes[at] ?? 0) | (other.bytes[at] ?? 0)
      }
      // What another set has beyond the last block.
      if (other.count > count && count % 8 !== 0) {
        const last = bytes.length - 1
        bytes[last] = (bytes[last] ?? 0) & (0xff00 >> (count % 8))
      }
    },
  }
  return blocks
}

/** The bits of some blocks, which begin in the most significant bit of the first byte. */
export function slice({ count, bytes }: Blocks, first: number, end: number): Buffer {
  const part = blocksIn(Math.max(0, Math.min(end, count) - first), Buffer.alloc(Math.ceil((end - first) / 8)))
  for (let block = first; block < Math.min(end, count); block++) {
    if (((bytes[block >> 3] ?? 0) & (0x80 >> (block % 8))) !== 0) part.setRange(block - first, 1)
  }
  return part.bytes
}

/** The blocks of a set as runs, in order. */
export function rangesOf({ count, bytes }: Blocks): BlockRange[] {
  const ranges: BlockRange[] = []
  for (let block = 0; block < count; block++) {
    if (((bytes[block >> 3] ?? 0) & (0x80 >> (block % 8))) === 0) continue
    const last = ranges.at(-1)
    if (last !== undefined && last[0] + last[1] === block) last[1]++
    else ranges.push([block, 1])
  }
  return ranges
}
