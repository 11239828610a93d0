/** Checks on differences between volumes. */
import { BLOCK, spread } from '../access/pattern.ts'
import { type Check, check, story } from '../check.ts'
import type { Context } from '../context.ts'
import { sharedSr } from '../sr-fixture.ts'
import { demand, demandEqual, Violation } from '../violation.ts'
import { cloneOf, handleOf, listed, MIB, newVolume, SMALL, snapshotOf, stat, type Volume } from '../volumes.ts'
import { look, write, written } from './data.ts'

/** What XenAPI promises. */
const GRANULARITY = 65536
/** Where the second volume is written; nothing else of it changes. */
export const CHANGED = MIB
/** The same where several blocks are, the first and the last among them. */
const DIFFERENT = [0, CHANGED, SMALL - BLOCK]

export const CHANGE_CHECKS: readonly Check[] = [
  check('VOL-COMPARE-001', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const clone = await cloneOf(context, sr, volume)
    // Larger by many blocks, where that is possible: so there are differences without a datapath plugin.
    const at = { sr: handleOf(sr), key: clone.key }
    await context.outcome('Volume.resize', { ...at, new_size: SMALL * 2 }).catch(() => {})
    await compare(context, handleOf(sr), volume, await stat(context, sr, clone))
  }),
  story(['VOL-COMPARE-002', 'VOL-COMPARE-003'], 'shared', async (context) => {
    const { sr, volume } = await written(context)
    const clone = await cloneOf(context, sr, volume)
    await write(context, clone, DIFFERENT)
    const ranges = await compare(context, handleOf(sr), volume, clone)
    await context.judge('VOL-COMPARE-002', async () => demandEach(ranges, DIFFERENT))
    await context.judge('VOL-COMPARE-003', async () => demandFew(ranges, DIFFERENT))
  }),
  check('VOL-SIMILAR-001', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const clone = await cloneOf(context, sr, volume)
    const keys = await context.call('Volume.similar_content', { sr: handleOf(sr), key: clone.key })
    demand(!keys.includes(clone.key), 'not the volume itself', keys)
    const existing = (await context.call('SR.ls', { sr: handleOf(sr) })).map(({ key }) => key)
    // Others may have been destroyed since it answered; those of this check have not.
    const own = keys.filter((key) => key === volume.key)
    demandEqual(
      own.filter((key) => !existing.includes(key)),
      [],
      'no key that does not exist',
    )
  }),
  story(['VOL-CBT-001', 'VOL-CBT-002'], 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const at = { sr: handleOf(sr), key: volume.key }
    await context.step('VOL-CBT-001', async () => {
      await context.call('Volume.enable_cbt', at)
      await context.call('Volume.enable_cbt', at)
      demandEqual((await stat(context, sr, volume)).cbt_enabled, true, 'cbt_enabled in Volume.stat')
      demandEqual((await listed(context, sr, volume))?.cbt_enabled, true, 'cbt_enabled in SR.ls')
    })
    await context.judge('VOL-CBT-002', async () => {
      await context.call('Volume.disable_cbt', at)
      await context.call('Volume.disable_cbt', at)
      demandEqual((await stat(context, sr, volume)).cbt_enabled ?? false, false, 'cbt_enabled in Volume.stat')
    })
  }),
  story(['VOL-CBT-003', 'VOL-CBT-006'], 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    await context.call('Volume.enable_cbt', { sr: handleOf(sr), key: volume.key })
    const snapshot = await snapshotOf(context, sr, volume)
    await context.judge('VOL-CBT-003', async () => {
      await changed(context, handleOf(sr), snapshot, volume)
    })
    await context.judge('VOL-CBT-006', async () => {
      await context.call('Volume.data_destroy', { sr: handleOf(sr), key: snapshot.key })
      const after = await stat(context, sr, snapshot)
      demandEqual(after.volume_type, 'CBT_Metadata', 'volume_type')
      await changed(context, handleOf(sr), snapshot, volume)
    })
  }),
  story(['VOL-CBT-004', 'VOL-CBT-005'], 'shared', async (context) => {
    const { sr, volume } = await written(context)
    await context.call('Volume.enable_cbt', { sr: handleOf(sr), key: volume.key })
    const first = await snapshotOf(context, sr, volume)
    await write(context, volume, [CHANGED])
    const second = await snapshotOf(context, sr, volume)
    const blocks = await changed(context, handleOf(sr), first, second)
    await context.judge('VOL-CBT-004', async () => demandTracked(blocks, [CHANGED]))
    await context.judge('VOL-CBT-005', async () => demandFewTracked(blocks, [CHANGED]))
  }),
  check('VOL-COMPOSE-001', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const parent = await newVolume(context, sr)
    const below = await write(context, parent, spread(SMALL))
    const child = await cloneOf(context, sr, parent)
    const above = await write(context, child, [CHANGED])
    await context.call('Volume.compose', { sr: handleOf(sr), key: child.key, key2: parent.key })
    const after = await stat(context, sr, child)
    await look(
      context,
      after,
      new Map([...below, ...above]),
      'the child’s own bytes, and the parent’s where it has none',
    )
  }),
]

/** Demands every byte that differs: a block at each of the offsets. */
export function demandEach(ranges: readonly [number, number][], offsets: readonly number[]): void {
  for (const place of offsets)
    for (let offset = place; offset < place + BLOCK; offset += 512)
      demand(
        ranges.some(([begin, end]) => begin <= offset && offset < end),
        `a range with byte ${offset}`,
        ranges,
      )
}

export function demandFew(ranges: readonly [number, number][], offsets: readonly number[]): void {
  const reported = ranges.reduce((sum, [begin, end]) => sum + end - begin, 0)
  demand(reported <= SMALL / 2, `few more bytes than the ${offsets.length * BLOCK} that differ`, `${reported} bytes`)
}

/** Numbers of the blocks that a block of data at each of the offsets touches. */
function touched(offsets: readonly number[]): number[] {
  const blocks = offsets.flatMap((offset) => [offset, offset + BLOCK - 1]).map((byte) => Math.floor(byte / GRANULARITY))
  return [...new Set(blocks)]
}

/** Demands the bits of what was written at the offsets, in one of the two readings. */
export function demandTracked(blocks: Changed, offsets: readonly number[]): void {
  const wanted = touched(offsets)
  const areThere = Object.values(blocks).some((reading) => wanted.every((block) => reading.includes(block)))
  demand(areThere, `bits for the blocks ${wanted.join(', ')}`, blocks.mostSignificantFirst)
}

export function demandFewTracked({ mostSignificantFirst: blocks }: Changed, offsets: readonly number[]): void {
  demand(blocks.length <= touched(offsets).length + 3, 'bits for what was written only', blocks)
}

/** Ranges in bytes, checked for their form. */
export async function compare(context: Context, sr: string, one: Volume, other: Volume): Promise<[number, number][]> {
  const { blocksize, ranges } = await context.call('Volume.compare', { sr, key: one.key, key2: other.key })
  demand(blocksize > 0, 'a blocksize above 0', blocksize)
  const size = Math.max(Number(one.virtual_size), Number(other.virtual_size))
  const bytes = ranges.map(([first, count]): [number, number] => [
    Number(first) * Number(blocksize),
    (Number(first) + Number(count)) * Number(blocksize),
  ])
  let end = 0
  for (const [from, to] of bytes) {
    if (from < end || to <= from || from >= size)
      throw new Violation('blocks in order, without overlap, within the volume', ranges)
    end = to
  }
  return bytes
}

/** The numbers of the blocks whose bit is set. Which bit of a byte comes first the interface does not say: both readings. */
export interface Changed {
  readonly mostSignificantFirst: readonly number[]
  readonly leastSignificantFirst: readonly number[]
}

export async function changed(context: Context, sr: string, from: Volume, to: Volume): Promise<Changed> {
  const params = { sr, key: from.key, key2: to.key, offset: 0, length: -1 }
  const { granularity, bitmap } = await context.call('Volume.list_changed_blocks', params)
  demandEqual(granularity, GRANULARITY, 'the granularity')
  const bytes = Buffer.from(bitmap, 'base64')
  const blocks = Math.ceil(Number(to.virtual_size) / GRANULARITY)
  const length = Math.ceil(blocks / 8)
  demand(bytes.length === length, `${length} bytes for ${blocks} blocks`, `${bytes.length} bytes`)
  const bits = Array.from({ length: length * 8 }, (_, bit) => bit)
  const isSet = (byte: number, bit: number) => (((bytes[byte] ?? 0) >> bit) & 1) === 1
  return {
    mostSignificantFirst: bits.filter((bit) => isSet(bit >> 3, 7 - (bit & 7))),
    leastSignificantFirst: bits.filter((bit) => isSet(bit >> 3, bit & 7)),
  }
}
