/** One volume with snapshots, clones, and a chain of them, each of which keeps its own bytes. */
import { demandPattern, type Pattern, spread, writePattern } from '../../access/pattern.ts'
import type { Context } from '../../context.ts'
import { usingVolume } from '../../disks.ts'
import type { Together } from '../../together.ts'
import { cloneOf, destroy, SMALL, snapshotOf, type Volume } from '../../volumes.ts'
import { all } from '../all.ts'
import { look, written } from '../data.ts'
import { overwrite } from '../data-copies.ts'

export const COPIES_TOGETHER: Together = {
  checks: ['DATA-SNAPSHOT-001', 'DATA-SNAPSHOT-007', 'DATA-CLONE-001', 'DATA-CLONE-005'],
  async run(context) {
    const { sr, volume, pattern } = await written(context)
    const first = await snapshotOf(context, sr, volume)
    const later = await rewrite(context, volume, pattern)
    const second = await snapshotOf(context, sr, volume)
    const clone = await cloneOf(context, sr, volume)
    const branch = await cloneOf(context, sr, first)
    const [ofClone, ofBranch] = await both(rewrite(context, clone, later), rewrite(context, branch, pattern))
    const last = await rewrite(context, volume, later)
    const third = await snapshotOf(context, sr, branch)
    const leaf = await cloneOf(context, sr, third)
    await rewrite(context, leaf, ofBranch)
    await overwrite(context, first)
    await all([
      look(context, first, pattern, 'the bytes of the time of the first snapshot'),
      look(context, third, ofBranch, 'the bytes of the snapshot of a clone'),
    ])
    await look(context, branch, ofBranch, 'the bytes of the clone of a snapshot')
    await destroy(context, sr, first)
    await look(context, volume, last, 'the bytes of the origin')
    await destroy(context, sr, volume)
    await all([
      look(context, second, later, 'the bytes of the time of the second snapshot'),
      look(context, clone, ofClone, 'the bytes of the clone'),
    ])
  },
}

/** Looks whether a volume holds the bytes that it should, and writes others. */
function rewrite(context: Context, volume: Volume, before: Pattern): Promise<Pattern> {
  return usingVolume(context, volume, async (access) => {
    await demandPattern(access, before, 'the bytes as before')
    return writePattern(access, context.random, spread(SMALL))
  })
}

async function both<T>(one: Promise<T>, other: Promise<T>): Promise<[T, T]> {
  const [first, second] = await all([one, other])
  return [first as T, second as T]
}
