/**
 * A list of blocks as a dirty bitmap, which tells a job what to copy. QMP cannot set the bits of a bitmap; a write can.
 * So the blocks are written, as zeroes, on a disk that keeps nothing and has a bitmap, and that bitmap is merged into
 * one of the disk.
 */
import type { Int64 } from '../../contract/json.ts'
import type { Params } from '../../kit/index.ts'
import type { Disk } from './disk.ts'
import { writeZeroes } from './nbd-zeroes.ts'
import { nodeNames } from './nodes.ts'
import type { Qmp } from './qmp.ts'
import { removeBitmap, removeExport, removeNode } from './undo.ts'

export type BlockList = Params<'Data.copy'>['blocklist']

/** Bytes that one bit stands for: the block size of changed block tracking. */
const GRANULARITY = 65_536

/** The list has blocks that a disk cannot have. */
export class BlockListError extends Error {
  override readonly name = 'BlockListError'
}

/**
 * Marks the blocks in a bitmap of the disk.
 * @param name of the bitmap
 * @param size of the disk in bytes; the last block may reach beyond it
 * @throws BlockListError
 */
export async function markBlocks(qmp: Qmp, disk: Disk, name: string, size: Int64, blocks: BlockList): Promise<void> {
  const extents = extentsOf(blocks, BigInt(size))
  const node = `${name}-map`
  const { top } = nodeNames(disk.id)
  try {
    await qmp.execute('blockdev-add', { driver: 'null-co', 'node-name': node, size, 'read-zeroes': true })
    await qmp.execute('block-dirty-bitmap-add', { node, name, granularity: GRANULARITY })
    await qmp.execute('block-export-add', { type: 'nbd', id: node, name: node, 'node-name': node, writable: true })
    await writeZeroes(disk.daemon.nbdSocket, node, extents)
    await qmp.execute('block-dirty-bitmap-add', { node: top, name, granularity: GRANULARITY, disabled: true })
    await qmp.execute('block-dirty-bitmap-merge', { node: top, target: name, bitmaps: [{ node, name }] })
  } catch (error) {
    await removeBitmap(qmp, top, name)
    throw error
  } finally {
    await removeExport(qmp, node)
    await removeNode(qmp, node)
  }
}

/** Start and length in bytes. */
type Extent = readonly [start: bigint, length: bigint]

function extentsOf({ blocksize, ranges }: BlockList, size: bigint): readonly Extent[] {
  const bytes = BigInt(blocksize)
  if (bytes <= 0n) throw new BlockListError(`a block of ${bytes} bytes is not possible`)
  return ranges.flatMap(([first, count]): Extent[] => {
    const start = BigInt(first) * bytes
    const end = start + BigInt(count) * bytes
    if (start < 0n || end < start || (start >= size && end > start)) {
      throw new BlockListError(
        `${count} blocks of ${bytes} bytes from block ${first} are not in a disk of ${size} bytes`,
      )
    }
    const last = end > size ? size : end
    return last > start ? [[start, last - start]] : []
  })
}
