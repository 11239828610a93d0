/** Checks on the bytes of snapshots and clones: isolated from their origin, byte by byte. */
import type { Backend } from '../access/access.ts'
import { demandPattern, spread, writePattern } from '../access/pattern.ts'
import { type Check, check, story } from '../check.ts'
import type { Context } from '../context.ts'
import { Disk, opened, readingVolume, uriOf, usingVolume } from '../disks.ts'
import { Violation } from '../violation.ts'
import { cloneOf, destroy, handleOf, SMALL, snapshotOf, stat, type Volume } from '../volumes.ts'
import { look, write, written } from './data.ts'

export const DATA_COPY_CHECKS: readonly Check[] = [
  story(
    [
      'DATA-SNAPSHOT-001',
      'DATA-SNAPSHOT-002',
      'DATA-SNAPSHOT-003',
      'DATA-SNAPSHOT-004',
      'DATA-SNAPSHOT-005',
      'DATA-SNAPSHOT-006',
    ],
    'shared',
    async (context) => {
      const { sr, volume, pattern } = await written(context)
      const first = await snapshotOf(context, sr, volume)
      await context.judge('DATA-SNAPSHOT-003', () => look(context, volume, pattern, 'the bytes of the origin'))
      await context.judge('DATA-SNAPSHOT-001', () => look(context, first, pattern, 'the bytes of the origin'))
      const later = await write(context, volume)
      await context.judge('DATA-SNAPSHOT-002', () =>
        look(context, first, pattern, 'the bytes of the time of the snapshot'),
      )
      const second = await snapshotOf(context, sr, volume)
      const latest = await write(context, volume)
      await context.judge('DATA-SNAPSHOT-004', async () => {
        await look(context, second, later, 'the bytes of the second snapshot’s time')
        await look(context, first, pattern, 'the bytes of the first snapshot’s time')
        await look(context, volume, latest, 'what was written last')
      })
      await context.judge('DATA-SNAPSHOT-005', async () => {
        await overwrite(context, first)
        await look(context, first, pattern, 'the snapshot as before')
      })
      await context.judge('DATA-SNAPSHOT-006', async () => {
        await destroy(context, sr, first)
        await look(context, second, later, 'the bytes of the other snapshot')
        await look(context, volume, latest, 'the bytes of the origin')
      })
    },
  ),
  check('DATA-SNAPSHOT-007', 'shared', async (context) => {
    const { sr, volume, pattern } = await written(context)
    const snapshot = await snapshotOf(context, sr, volume)
    await destroy(context, sr, volume)
    await look(context, snapshot, pattern, 'the bytes of the time of the snapshot')
  }),
  story(['DATA-CLONE-001', 'DATA-CLONE-002', 'DATA-CLONE-003', 'DATA-CLONE-004'], 'shared', async (context) => {
    const { sr, volume, pattern } = await written(context)
    const clone = await cloneOf(context, sr, volume)
    await context.judge('DATA-CLONE-001', () => look(context, clone, pattern, 'the bytes of the origin'))
    const own = await write(context, clone)
    await context.judge('DATA-CLONE-002', () =>
      look(context, volume, pattern, 'the origin as before the clone was written'),
    )
    await write(context, volume)
    await context.judge('DATA-CLONE-003', () => look(context, clone, own, 'the clone as before the origin was written'))
    await context.judge('DATA-CLONE-004', async () => {
      await destroy(context, sr, volume)
      await look(context, clone, own, 'the bytes of the clone')
    })
  }),
  check('DATA-CLONE-005', 'shared', async (context) => {
    const { sr, volume, pattern } = await written(context)
    const chain: { volume: Volume; pattern: typeof pattern }[] = [{ volume, pattern }]
    let last = volume
    for (let depth = 0; depth < 2; depth += 1) {
      const snapshot = await snapshotOf(context, sr, last)
      chain.push({ volume: snapshot, pattern: chain.at(-1)?.pattern ?? pattern })
      last = await cloneOf(context, sr, snapshot)
      chain.push({ volume: last, pattern: await write(context, last) })
    }
    // The first and the last are looked at by other checks.
    for (const [index, link] of chain.entries())
      if (index > 0 && index < chain.length - 1)
        await look(context, link.volume, link.pattern, `the bytes of link ${index} of the chain`)
  }),
  check('DATA-REVERT-001', 'shared', async (context) => {
    const { sr, volume, pattern } = await written(context)
    const snapshot = await snapshotOf(context, sr, volume)
    await write(context, volume)
    const revert = () => context.call('Volume.revert', { sr: handleOf(sr), key: volume.key, snapshot: snapshot.key })
    await revert()
    await usingVolume(context, await stat(context, sr, volume), async (access) => {
      await demandPattern(access, pattern, 'the bytes of the snapshot')
      await writePattern(access, context.random, spread(SMALL))
    })
    await readingVolume(context, snapshot, (access) => demandPattern(access, pattern, 'the snapshot as before'))
    await revert()
    await look(context, await stat(context, sr, volume), pattern, 'the bytes of the snapshot, the second time')
  }),
]

/**
 * Writes to a snapshot, as a tool would by mistake; that it is refused is right.
 * @param then what is done with it before it is detached
 */
export async function overwrite(
  context: Context,
  snapshot: Volume,
  then: (disk: Disk, backend: Backend) => Promise<void> = async () => {},
): Promise<void> {
  const disk = new Disk(context, uriOf(context, snapshot))
  const backend = await disk.attach()
  const { outcome } = await context.outcome('Datapath.activate', { uri: disk.uri, domain: disk.domain })
  if (outcome.ok)
    await opened(backend, (access) => writePattern(access, context.random, spread(SMALL))).catch((error: unknown) => {
      if (!(error instanceof Violation)) throw error
    })
  await disk.deactivate()
  await then(disk, backend)
  await disk.detach()
}
