/** One volume with snapshots, clones, a copy, and a chain of them, each of which keeps its own bytes. */
import { BLOCK, demandPattern, type Pattern, spread, writePattern, zeroes } from '../../access/pattern.ts'
import type { ClauseId } from '../../clauses.ts'
import type { Context } from '../../context.ts'
import { activateToRead, opened, usingVolume } from '../../disks.ts'
import { type Lane, lanes } from '../../lanes.ts'
import type { Sr } from '../../sr.ts'
import type { Together } from '../../together.ts'
import { cloneOf, destroy, handleOf, MIB, make, SMALL, snapshotOf, stat, type Volume } from '../../volumes.ts'
import { all } from '../all.ts'
import { CHANGED, changed, compare, demandEach, demandFew, demandFewTracked, demandTracked } from '../changes.ts'
import { look, written } from '../data.ts'
import { overwrite } from '../data-copies.ts'

/** What all of the volumes are for; the other checks look at some of them. */
const COPIES: readonly ClauseId[] = ['DATA-SNAPSHOT-001', 'DATA-SNAPSHOT-007', 'DATA-CLONE-001', 'DATA-CLONE-005']

/** What some of them are for. */
const OTHERS: readonly ClauseId[] = [
  'DATA-REVERT-001',
  'DATA-COPY-001',
  'DATA-RESIZE-001',
  'DP-READONLY-003',
  'VOL-COMPARE-002',
  'VOL-CBT-004',
  'VOL-COMPOSE-001',
]

export const COPIES_TOGETHER: Together = {
  checks: [...COPIES, ...OTHERS, 'ROB-CONC-006'],
  async run(context) {
    // Three disks are connected at the same time only where a copy is one of them.
    const isAboutThree = context.isAbout('DATA-COPY-001')
    const leftOut: readonly ClauseId[] = isAboutThree ? [] : ['ROB-CONC-006']
    const areCopies = COPIES.some((id) => context.isAbout(id))
    if (!areCopies && !OTHERS.some((id) => context.isAbout(id))) return leftOut
    const { sr, volume, pattern } = await written(context)
    const at = { sr: handleOf(sr), key: volume.key }
    const isTracked = context.isAbout('VOL-CBT-004') && (await context.offers(context.call('Volume.enable_cbt', at)))
    const first = await snapshotOf(context, sr, volume)
    const later = await rewrite(context, volume, pattern)
    const second = await snapshotOf(context, sr, volume)
    if (isTracked) {
      const blocks = await changed(context, handleOf(sr), first, second)
      demandTracked(blocks, spread(SMALL))
      demandFewTracked(blocks, spread(SMALL))
    }
    if (!areCopies && !OTHERS.some((id) => id !== 'VOL-CBT-004' && context.isAbout(id))) return leftOut
    const isBranched = BRANCHED.some((id) => context.isAbout(id))
    const branches = isBranched ? await branched(context, sr, { volume, later, first, pattern }) : undefined
    let last = later
    let layered: Lane<void> = async () => {}
    await lanes(context, 'changed', [
      async (lane) => {
        last = await changedAgain(lane, sr, volume, { later, second })
      },
      async (lane) => {
        if (branches === undefined) return
        const { branch, ofBranch, clone, ofClone } = branches
        const third = await snapshotOf(lane, sr, branch)
        const leaf = await cloneOf(lane, sr, third)
        const own = await rewrite(lane, leaf, ofBranch, [0, CHANGED])
        if (areCopies) await look(lane, third, ofBranch, 'the bytes of the snapshot of a clone')
        layered = (next) => composed(next, sr, leaf, clone, new Map([...ofClone, ...own]))
      },
    ])
    await lanes(context, 'looked-at', [
      (lane) => (areCopies ? overwritten(lane, first, pattern) : look(lane, first, pattern, OF_FIRST)),
      async (lane) => {
        if (branches === undefined) return
        const { branch, ofBranch } = branches
        if (lane.isAbout('DATA-RESIZE-001')) await grown(lane, sr, branch, ofBranch)
        else await look(lane, branch, ofBranch, 'the bytes of the clone of a snapshot')
      },
      layered,
    ])
    await destroy(context, sr, first)
    await look(context, await stat(context, sr, volume), last, 'the bytes of the origin')
    await destroy(context, sr, volume)
    await lanes(context, 'left', [
      (lane) => look(lane, second, later, 'the bytes of the time of the second snapshot'),
      async (lane) => {
        if (branches !== undefined) await look(lane, branches.clone, branches.ofClone, 'the bytes of the clone')
      },
    ])
    return leftOut
  },
}

/** What a clone of the volume and one of its first snapshot are for. */
const BRANCHED: readonly ClauseId[] = [
  'DATA-CLONE-001',
  'DATA-CLONE-005',
  'DATA-COPY-001',
  'DATA-RESIZE-001',
  'VOL-COMPARE-002',
  'VOL-COMPOSE-001',
]

/** Clones of a volume and of its first snapshot, which are written beside a copy of it. */
async function branched(
  context: Context,
  sr: Sr,
  { volume, later, first, pattern }: Record<'volume' | 'first', Volume> & Record<'later' | 'pattern', Pattern>,
) {
  const isAboutThree = context.isAbout('DATA-COPY-001')
  const [clone = volume, branch = volume, ...others] = await lanes(context, 'copies', [
    (lane) => cloneOf(lane, sr, volume),
    (lane) => cloneOf(lane, sr, first),
    ...(isAboutThree ? [(lane: Context) => copyOf(lane, sr, volume)] : []),
  ])
  const [ofClone = later, ofBranch = pattern] = await all([
    rewrite(context.lane('clone'), clone, later),
    rewrite(context.lane('branch'), branch, pattern),
    ...others.map((copy) => rewrite(context.lane('copy'), copy, later)),
  ])
  if (context.isAbout('VOL-COMPARE-002')) {
    const ranges = await compare(context, handleOf(sr), volume, clone)
    demandEach(ranges, spread(SMALL))
    demandFew(ranges, spread(SMALL))
  }
  return { clone, branch, ofClone, ofBranch }
}

const OF_FIRST = 'the bytes of the time of the first snapshot'

/** Looks at a snapshot that somebody has tried to write to. */
function overwritten(context: Context, snapshot: Volume, pattern: Pattern): Promise<void> {
  return overwrite(context, snapshot, async (disk, backend) => {
    await activateToRead(context, disk)
    await opened(backend, (access) => demandPattern(access, pattern, OF_FIRST), false)
    await disk.deactivate()
  })
}

/**
 * Changes the origin of two snapshots, and takes that back where it can be.
 * @returns the bytes that it has then
 */
async function changedAgain(
  context: Context,
  sr: Sr,
  volume: Volume,
  { later, second }: { readonly later: Pattern; readonly second: Volume },
): Promise<Pattern> {
  const last = await rewrite(context, volume, later)
  if (!context.isAbout('DATA-REVERT-001')) return last
  const reverted = { sr: handleOf(sr), key: volume.key, snapshot: second.key }
  await context.call('Volume.revert', reverted)
  await rewrite(context, await stat(context, sr, volume), later)
  await context.call('Volume.revert', reverted)
  return later
}

/** Puts a volume on top of another one, where that can be, and demands what it then holds. */
async function composed(context: Context, sr: Sr, volume: Volume, lower: Volume, expected: Pattern): Promise<void> {
  const layers = { sr: handleOf(sr), key: volume.key, key2: lower.key }
  if (!context.isAbout('VOL-COMPOSE-001') || !(await context.offers(context.call('Volume.compose', layers)))) return
  const text = 'its own bytes, and the others of the lower one'
  await look(context, await stat(context, sr, volume), expected, text)
}

/** Looks whether a volume holds the bytes that it should, and writes others. */
function rewrite(context: Context, volume: Volume, before: Pattern, offsets = spread(SMALL)): Promise<Pattern> {
  return usingVolume(context, volume, async (access) => {
    await demandPattern(access, before, 'the bytes as before')
    return writePattern(access, context.random, offsets)
  })
}

function copyOf(context: Context, sr: Sr, { key, name }: Volume): Promise<Volume> {
  return make(context, sr, name, 'Volume.copy', { sr: handleOf(sr), key, dest_sr: handleOf(sr) })
}

/** A volume that grows keeps its bytes, and has zeroes after them until it is written there. */
async function grown(context: Context, sr: Sr, volume: Volume, pattern: Pattern): Promise<void> {
  await context.call('Volume.resize', { sr: handleOf(sr), key: volume.key, new_size: SMALL + 2 * MIB })
  const resized = await stat(context, sr, volume)
  const added = [Number(volume.virtual_size), Number(resized.virtual_size) - BLOCK]
  await usingVolume(context, resized, async (access) => {
    await demandPattern(access, zeroes(added), 'zeroes in the new part')
    await demandPattern(access, pattern, 'the old bytes')
    await demandPattern(access, await writePattern(access, context.random, added), 'the new part as it was written')
    await demandPattern(access, pattern, 'the old bytes after the new part was written')
  })
}
