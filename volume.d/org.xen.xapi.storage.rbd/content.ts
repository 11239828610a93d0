/**
 * The methods of class Volume that tell what differs: Volume.compare, list_changed_blocks and similar_content.
 *
 * Ceph knows which blocks changed between two snapshots of one image. Between images the way goes up from each volume to
 * the image that both descend from: what differs is in the blocks that the images on the way have themselves, and in
 * those that changed in the common one between the snapshots at which they left it.
 */
import type { Params, Result } from '../../src/contract/methods.ts'
import type { CephSession } from '../../src/engine/ceph/session.ts'
import { CephError } from '../../src/engine/ceph/session.ts'
import { BLOCK_SIZE, type BlockRange } from '../../src/engine/compare.ts'
import { DataDestroyedError } from './copies.ts'
import { IMAGES, type Image, type Point, type Volume } from './records.ts'
import { withRepository } from './repository.ts'
import { readVolumes } from './stat.ts'
import { transact } from './transaction.ts'
import { readVolume } from './volume.ts'

/** Blocks that may differ: a bitmap, the most significant bit of a byte first; all of them where undefined. */
type Blocks = Buffer | undefined

export function compare({ sr, key, key2 }: Params<'Volume.compare'>): Promise<Result<'Volume.compare'>> {
  return withRepository(sr, async (repository) => {
    const { session } = repository
    const one = await readVolume(repository, key)
    const other = await readVolume(repository, key2)
    for (const each of [one, other]) {
      if (each.data_destroyed) throw new DataDestroyedError('the content was given up by Volume.data_destroy')
    }
    if (key === key2) return { blocksize: BLOCK_SIZE, ranges: [] }
    const blocks = await changedBetween(session, one, other)
    const differing = await session.request('differing', {
      ...{ image: one.image, snapshot: one.snapshot ?? null },
      ...{ other: other.image, other_snapshot: other.snapshot ?? null },
      blocks: blocks?.toString('base64') ?? null,
    })
    return { blocksize: BLOCK_SIZE, ranges: rangesOf(Buffer.from(differing, 'base64')) }
  })
}

/** The blocks from one volume to another that may have changed, never too few; the extent is in the second. */
export function listChangedBlocks({
  sr,
  key,
  key2,
  offset,
  length,
}: Params<'Volume.list_changed_blocks'>): Promise<Result<'Volume.list_changed_blocks'>> {
  return withRepository(sr, async (repository) => {
    const from = await readVolume(repository, key)
    const to = await readVolume(repository, key2)
    const changed = key === key2 ? Buffer.alloc(0) : await changedBetween(repository.session, from, to)
    const start = Math.min(Number(offset), to.size)
    const end = length < 0 ? to.size : Math.min(start + Number(length), to.size)
    const first = Math.floor(start / BLOCK_SIZE)
    const count = end > start ? Math.ceil(end / BLOCK_SIZE) - first : 0
    return { granularity: BLOCK_SIZE, bitmap: cut(changed, first, count).toString('base64') }
  })
}

/** Volumes that descend from the same one, the closest relatives first. */
export function similarContent({ sr, key }: Params<'Volume.similar_content'>): Promise<string[]> {
  return withRepository(sr, async (repository) => {
    const subject = { ...(await readVolume(repository, key)), key }
    const { volumes } = await readVolumes(repository.session)
    return volumes
      .filter((other) => other.key !== key && other.root === subject.root)
      .sort((left, right) => distance(subject, left) - distance(subject, right) || (left.key < right.key ? -1 : 1))
      .map((other) => other.key)
  })
}

type Relative = Pick<Volume, 'origin'> & { readonly key: string }

/** 1 for a volume and its copy, 2 for two copies of one volume, 3 for anything further. */
function distance(one: Relative, other: Relative): number {
  if (one.origin === other.key || other.origin === one.key) return 1
  return one.origin !== undefined && one.origin === other.origin ? 2 : 3
}

async function changedBetween(session: CephSession, one: Volume, other: Volume): Promise<Blocks> {
  const lines = [await lineOf(session, pointOf(one)), await lineOf(session, pointOf(other))] as const
  const common = lines[0].find(({ image }) => lines[1].some((point) => point.image === image))?.image
  if (common === undefined) return undefined
  try {
    const [left, right] = [partBelow(lines[0], common), partBelow(lines[1], common)]
    const answers = [await changedIn(session, left.meeting, right.meeting)]
    for (const { image, snapshot } of [...left.below, ...right.below]) {
      answers.push(Buffer.from(await session.request('own', { image, snapshot: snapshot ?? null }), 'base64'))
    }
    return union([...answers, blocksFrom(Math.min(one.size, other.size), Math.max(one.size, other.size))])
  } catch (error) {
    // A snapshot on the way has been destroyed: nobody can say any more what changed since.
    if (error instanceof CephError && error.errno === 'ENOENT') return undefined
    throw error
  }
}

/** A point of an image that is on the way to another one; the image itself where it is the volume. */
interface Station extends Point {
  /** Whether the image had no snapshot there that is still to be found. */
  readonly lost: boolean
}

function pointOf({ image, snapshot, snapshot_id }: Volume): Station {
  return {
    image,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(snapshot_id === undefined ? {} : { snapshot_id }),
    lost: false,
  }
}

/** A point and where its image left its parent, and so on up to the first image. */
async function lineOf(session: CephSession, first: Station): Promise<readonly Station[]> {
  const parent = await parentOf(session, first.image)
  return parent === undefined ? [first] : [first, ...(await lineOf(session, parent))]
}

async function parentOf(session: CephSession, name: string): Promise<Station | undefined> {
  const image = await imageOf(session, name)
  return image?.parent && { ...image.parent, lost: image.parent.snapshot === undefined }
}

function imageOf(session: CephSession, name: string): Promise<Image | undefined> {
  return transact(session, [IMAGES + name], (transaction) => transaction.image(name))
}

function partBelow(line: readonly Station[], image: string): { below: readonly Station[]; meeting: Station } {
  const index = line.findIndex((point) => point.image === image)
  const meeting = line[index]
  if (meeting === undefined) throw new Error(`${image} is not on the way`)
  return { below: line.slice(0, index), meeting }
}

async function changedIn(session: CephSession, one: Station, other: Station): Promise<Blocks> {
  if (one.lost || other.lost) return undefined
  if (one.snapshot === other.snapshot) return Buffer.alloc(0)
  const [older, newer] = numberOf(one) < numberOf(other) ? [one, other] : [other, one]
  if (older.snapshot === undefined) return undefined
  const { image } = one
  const whole = (await imageOf(session, image))?.flattened ?? false
  const points = { older: older.snapshot, newer: newer.snapshot ?? null }
  return Buffer.from(await session.request('changed', { image, ...points, whole }), 'base64')
}

/** Snapshots in the order in which they were made, the image itself last. */
function numberOf({ snapshot_id }: Station): number {
  return snapshot_id ?? Number.POSITIVE_INFINITY
}

/** The blocks of what only the larger of two volumes has, from and to a byte. */
function blocksFrom(start: number, end: number): Buffer {
  const count = Math.ceil(end / BLOCK_SIZE)
  const bitmap = Buffer.alloc(Math.ceil(count / 8))
  if (start === end) return bitmap
  for (let block = Math.floor(start / BLOCK_SIZE); block < count; block++) {
    bitmap[block >> 3] = (bitmap[block >> 3] ?? 0) | bitAt(block)
  }
  return bitmap
}

function union(bitmaps: readonly Blocks[]): Blocks {
  const all = Buffer.alloc(Math.max(0, ...bitmaps.map((bitmap) => bitmap?.length ?? 0)))
  for (const bitmap of bitmaps) {
    if (bitmap === undefined) return undefined
    for (const [index, byte] of bitmap.entries()) all[index] = (all[index] ?? 0) | byte
  }
  return all
}

/** Some blocks of a bitmap; those beyond its end did not change. */
function cut(blocks: Blocks, first: number, count: number): Buffer {
  const part = Buffer.alloc(Math.ceil(count / 8))
  for (let index = 0; index < count; index++) {
    if (blocks === undefined || isSet(blocks, first + index)) part[index >> 3] = (part[index >> 3] ?? 0) | bitAt(index)
  }
  return part
}

function rangesOf(bitmap: Buffer): BlockRange[] {
  const ranges: BlockRange[] = []
  for (let block = 0; block < bitmap.length * 8; block++) {
    if (!isSet(bitmap, block)) continue
    const last = ranges.at(-1)
    if (last !== undefined && last[0] + last[1] === block) last[1]++
    else ranges.push([block, 1])
  }
  return ranges
}

function isSet(bitmap: Buffer, block: number): boolean {
  return ((bitmap[block >> 3] ?? 0) & bitAt(block)) !== 0
}

function bitAt(block: number): number {
  return 0x80 >> (block & 7)
}
