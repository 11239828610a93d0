/** The methods of class Volume that read content: Volume.compare and Volume.similar_content. */
import type { Params, Result } from '../../contract/methods.ts'
import { BLOCK_SIZE, differingBlocks, differingBlocksOf } from '../compare.ts'
import { type Blocks, blocksOf, rangesOf } from './blocks.ts'
import { chainOf, onOneChain } from './chain.ts'
import type { RepositoryDriver } from './driver.ts'
import type { VolumeFormat } from './format.ts'
import { imageFile, readContents, volumeKeys } from './layout.ts'
import { findMetadata, formatOf, type Metadata, readMetadata } from './metadata.ts'
import { map } from './qemu-img.ts'
import { openRepository } from './repository.ts'
import { sizeOf } from './tracking.ts'
import { withVhd } from './vhd-content.ts'
import { refuseWithoutData } from './volume.ts'

/**
 * Raw and VHD images are read. Of images that stand on others, the blocks count as different that one of them has above the image
 * that both have in common: nothing is read, and some of those may be alike.
 */
export async function compare(
  driver: RepositoryDriver,
  { sr, key, key2 }: Params<'Volume.compare'>,
): Promise<Result<'Volume.compare'>> {
  const { directory } = await openRepository(driver, sr)
  const [one, other] = [key, key2].map((each) => comparable(directory, each))
  if (one === undefined || other === undefined || key === key2) return { blocksize: BLOCK_SIZE, ranges: [] }
  if (one.format === 'raw' && other.format === 'raw') {
    return { blocksize: BLOCK_SIZE, ranges: differingBlocks(one.path, other.path) }
  }
  if (one.format === 'vhd' && other.format === 'vhd') {
    const ranges = withVhd(one.path, (left) => withVhd(other.path, (right) => differingBlocksOf(left, right)))
    return { blocksize: BLOCK_SIZE, ranges }
  }
  const blocks = blocksOf(Math.max(one.size, other.size))
  if (one.format === 'qcow2' && other.format === 'qcow2') {
    addOwnBlocks(directory, blocks, one.key, other.key)
    addOwnBlocks(directory, blocks, other.key, one.key)
    if (one.size !== other.size) blocks.setRange(Math.floor(Math.min(one.size, other.size) / BLOCK_SIZE), blocks.count)
  } else blocks.setRange(0, blocks.count)
  return { blocksize: BLOCK_SIZE, ranges: rangesOf(blocks) }
}

interface Comparable {
  readonly key: string
  readonly path: string
  readonly format: VolumeFormat
  readonly size: number
}

function comparable(directory: string, key: string): Comparable {
  const metadata = readMetadata(directory, key)
  refuseWithoutData(key, metadata)
  const format = formatOf(metadata)
  return { key, path: imageFile(directory, key, format), format, size: sizeOf(directory, key, metadata) }
}

/** Adds the blocks that a volume does not have from an image that another one stands on as well. */
function addOwnBlocks(directory: string, blocks: Blocks, key: string, other: string): void {
  // How far down data are says nothing without the chain that this is told in.
  const { chain, entries } = onOneChain(directory, key, (chain) => ({
    chain,
    entries: map(imageFile(directory, key, 'qcow2')),
  }))
  const below = chainOf(directory, other)
  const common = chain.findIndex((each) => below.includes(each))
  for (const { start, length, depth, present } of entries) {
    if (!present || (common >= 0 && depth >= common)) continue
    const first = Math.floor(start / BLOCK_SIZE)
    blocks.setRange(first, Math.ceil((start + length) / BLOCK_SIZE) - first)
  }
}

/** Volumes that descend from the same one, the closest relatives first. */
export async function similarContent(
  driver: RepositoryDriver,
  { sr, key }: Params<'Volume.similar_content'>,
): Promise<Result<'Volume.similar_content'>> {
  const { directory } = await openRepository(driver, sr)
  const subject = { key, ...readMetadata(directory, key) }
  return readableMetadata(directory)
    .filter((other) => other.key !== key && other.root === subject.root)
    .sort((left, right) => distance(subject, left) - distance(subject, right) || (left.key < right.key ? -1 : 1))
    .map((other) => other.key)
}

/** The metadata of the volumes that can be read: one that is damaged or just destroyed is similar to nothing. */
function readableMetadata(directory: string): (Metadata & { key: string })[] {
  return volumeKeys(readContents(directory)).flatMap((key) => {
    const metadata = findMetadata(directory, key)
    return metadata === undefined ? [] : [{ ...metadata, key }]
  })
}

type Relative = Pick<Metadata, 'origin'> & { readonly key: string }

/** 1 for a volume and its copy, 2 for two copies of one volume, 3 for anything further. */
function distance(one: Relative, other: Relative): number {
  if (one.origin === other.key || other.origin === one.key) return 1
  return one.origin !== undefined && one.origin === other.origin ? 2 : 3
}
