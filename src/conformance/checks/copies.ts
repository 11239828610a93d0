/** Checks on the records of snapshots, clones and copies. */
import pLimit from 'p-limit'
import { type Check, check, story } from '../check.ts'
import type { Context } from '../context.ts'
import type { Sr } from '../sr.ts'
import { sharedSr } from '../sr-fixture.ts'
import { demand, demandEqual } from '../violation.ts'
import {
  cloneOf,
  destroy,
  goneKey,
  handleOf,
  listed,
  make,
  newVolume,
  SMALL,
  snapshotOf,
  stat,
  unchanging,
  type Volume,
} from '../volumes.ts'
import { all } from './all.ts'

export const COPY_CHECKS: readonly Check[] = [
  story(
    [
      'VOL-SNAPSHOT-001',
      'VOL-SNAPSHOT-002',
      'VOL-SNAPSHOT-003',
      'VOL-SNAPSHOT-004',
      'VOL-SNAPSHOT-005',
      'VOL-SNAPSHOT-006',
      'VOL-SNAPSHOT-007',
      'VOL-SNAPSHOT-008',
      'VOL-SNAPSHOT-009',
    ],
    'shared',
    async (context) => {
      const { sr, origin } = await described(context)
      let answered: Volume | undefined
      await context.judge('VOL-SNAPSHOT-001', async () => {
        answered = await snapshotOf(context, sr, origin)
        demandDistinct(answered, origin)
        demand((await listed(context, sr, answered)) !== undefined, 'the snapshot in SR.ls', 'it is not listed')
      })
      const snapshot = answered ?? (await snapshotOf(context, sr, origin))
      await context.judge('VOL-SNAPSHOT-002', async () => {
        demandEqual((await stat(context, sr, snapshot)).read_write, false, 'read_write')
      })
      await context.judge('VOL-SNAPSHOT-003', async () => demandInherited(snapshot, origin))
      await context.judge('VOL-SNAPSHOT-004', async () => {
        demandEqual((await stat(context, sr, snapshot)).keys, {}, 'no metadata')
      })
      await context.judge('VOL-SNAPSHOT-005', async () =>
        demandEqual(snapshot.virtual_size, origin.virtual_size, 'the size'),
      )
      await context.judge('VOL-SNAPSHOT-006', async () => {
        demandEqual(unchanging(await stat(context, sr, origin)), unchanging(origin), 'the origin as before')
      })
      await context.judge('VOL-SNAPSHOT-008', async () => {
        const at = { sr: handleOf(sr), key: snapshot.key }
        await context.call('Volume.set', { ...at, k: 'snapshot_of', v: origin.key })
        demandEqual((await stat(context, sr, snapshot)).keys, { snapshot_of: origin.key }, 'its own metadata')
        demandEqual((await stat(context, sr, origin)).keys, origin.keys, 'the metadata of the origin as before')
        const name = context.name('renamed snapshot')
        await context.call('Volume.set_name', { ...at, new_name: name })
        demandEqual((await stat(context, sr, snapshot)).name, name, 'its own name')
        demandEqual((await stat(context, sr, origin)).name, origin.name, 'the name of the origin as before')
      })
      await context.judge('VOL-SNAPSHOT-009', async () => {
        demandDistinct(await snapshotOf(context, sr, snapshot), snapshot)
      })
      await context.judge('VOL-SNAPSHOT-007', async () => {
        await context.call('Volume.resize', { sr: handleOf(sr), key: origin.key, new_size: SMALL * 2 })
        demandEqual((await stat(context, sr, snapshot)).virtual_size, snapshot.virtual_size, 'the size as before')
      })
    },
  ),
  check('VOL-SNAPSHOT-010', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const origin = await newVolume(context, sr)
    const keys = new Set<string>()
    for (let number = 0; number < 12; number += 1) keys.add((await snapshotOf(context, sr, origin)).key)
    const volumes = await context.call('SR.ls', { sr: handleOf(sr) })
    demandEqual(volumes.filter(({ key }) => keys.has(key)).length, 12, 'snapshots in SR.ls')
  }),
  story(
    [
      'VOL-CLONE-001',
      'VOL-CLONE-002',
      'VOL-CLONE-003',
      'VOL-CLONE-004',
      'VOL-CLONE-005',
      'VOL-CLONE-006',
      'VOL-CLONE-008',
    ],
    'shared',
    async (context) => {
      const { sr, origin } = await described(context)
      let answered: Volume | undefined
      await context.judge('VOL-CLONE-001', async () => {
        answered = await cloneOf(context, sr, origin)
        demandDistinct(answered, origin)
        demand((await listed(context, sr, answered)) !== undefined, 'the clone in SR.ls', 'it is not listed')
      })
      const clone = answered ?? (await cloneOf(context, sr, origin))
      await context.judge('VOL-CLONE-002', async () => {
        demandEqual((await stat(context, sr, clone)).read_write, true, 'read_write of the clone of a volume')
        const snapshot = await snapshotOf(context, sr, origin)
        demandEqual((await cloneOf(context, sr, snapshot)).read_write, true, 'read_write of the clone of a snapshot')
      })
      await context.judge('VOL-CLONE-003', async () => {
        demandInherited(clone, origin)
        demandEqual(clone.virtual_size, origin.virtual_size, 'the size')
      })
      await context.judge('VOL-CLONE-004', async () => {
        demandEqual((await stat(context, sr, clone)).keys, {}, 'no metadata')
      })
      await context.judge('VOL-CLONE-005', async () => {
        demandEqual(unchanging(await stat(context, sr, origin)), unchanging(origin), 'the origin as before')
      })
      await context.judge('VOL-CLONE-006', async () => {
        demandDistinct(await cloneOf(context, sr, clone), clone)
      })
      await context.judge('VOL-CLONE-008', async () => {
        await context.call('Volume.resize', { sr: handleOf(sr), key: clone.key, new_size: SMALL * 2 })
        demandEqual((await stat(context, sr, origin)).virtual_size, origin.virtual_size, 'the size as before')
      })
    },
  ),
  check('VOL-CLONE-007', 'shared', async (context) => {
    const sr = await sharedSr(context)
    let volume = await newVolume(context, sr)
    const keys = new Set([volume.key])
    for (let depth = 0; depth < 10; depth += 1) {
      volume = await cloneOf(context, sr, await snapshotOf(context, sr, volume))
      keys.add(volume.key)
    }
    demandEqual(keys.size, 11, 'different volumes')
    demandEqual((await stat(context, sr, volume)).read_write, true, 'read_write of the last one')
  }),
  check('VOL-CHAIN-001', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const limit = pLimit(2)
    const chains = await all(
      ORDERS.map((order) => limit(async () => chainOf(context, sr, order, await newVolume(context, sr)))),
    )
    for (const step of STEPS) {
      await all(chains.map((chain) => limit(() => destroyNext(context, sr, chain, step))))
      if (step !== STEPS.at(-1)) demandLeft(await context.call('SR.ls', { sr: handleOf(sr) }), chains)
    }
  }),
  story(['VOL-REVERT-001', 'VOL-REVERT-002', 'VOL-REVERT-003', 'VOL-REVERT-004'], 'shared', async (context) => {
    const { sr, origin } = await described(context)
    const snapshot = await snapshotOf(context, sr, origin)
    const at = { sr: handleOf(sr), key: origin.key, snapshot: snapshot.key }
    await context.step('VOL-REVERT-001', async () => {
      await context.call('Volume.revert', at)
      // The content may be somewhere else now, and Volume.stat is asked before each use.
      const of = ({ uri: _, ...rest }: ReturnType<typeof unchanging>) => rest
      demandEqual(of(unchanging(await stat(context, sr, origin))), of(unchanging(origin)), 'the volume as before')
    })
    await context.judge('VOL-REVERT-002', async () => {
      demandEqual((await stat(context, sr, snapshot)).key, snapshot.key, 'the snapshot')
      await context.call('Volume.revert', at)
    })
    await context.judge('VOL-REVERT-003', async () => {
      await context.refused(
        'Volume.revert',
        { ...at, snapshot: await goneKey(context, sr) },
        'the snapshot does not exist',
      )
      demandEqual((await stat(context, sr, origin)).key, origin.key, 'the volume')
    })
    await context.judge('VOL-REVERT-004', async () => {
      await context.call('Volume.resize', { sr: handleOf(sr), key: origin.key, new_size: SMALL * 2 })
      await context.call('Volume.revert', at)
      demandEqual((await stat(context, sr, origin)).virtual_size, snapshot.virtual_size, 'the size of the snapshot')
    })
  }),
  check('VOL-COPY-001', 'shared', async (context) => {
    const { sr, origin } = await described(context)
    const params = { sr: handleOf(sr), key: origin.key, dest_sr: handleOf(sr) }
    const copy = await make(context, sr, origin.name, 'Volume.copy', params)
    demandDistinct(copy, origin)
    demandEqual(copy.read_write, true, 'read_write')
    demandEqual(copy.virtual_size, origin.virtual_size, 'the size')
    demand((await listed(context, sr, copy)) !== undefined, 'the copy in SR.ls', 'it is not listed')
  }),
]

/** Every order of origin, snapshot and clone. */
export const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const

/** Indices in an order. */
export const STEPS = [0, 1, 2] as const

/** An origin with a snapshot of it and a clone of that, to be destroyed in an order. */
export interface Chain {
  readonly order: (typeof ORDERS)[number]
  /** Those that are not destroyed yet, by their number in an order. */
  readonly left: Map<number, Volume>
}

export async function chainOf(context: Context, sr: Sr, order: Chain['order'], origin: Volume): Promise<Chain> {
  const snapshot = await snapshotOf(context, sr, origin)
  const clone = await cloneOf(context, sr, snapshot)
  return { order, left: new Map<number, Volume>([origin, snapshot, clone].map((volume, index) => [index, volume])) }
}

/** Destroys the volume of a chain whose turn it is. */
export async function destroyNext(context: Context, sr: Sr, { order, left }: Chain, step: (typeof STEPS)[number]) {
  const volume = left.get(order[step])
  if (volume !== undefined) await destroy(context, sr, volume)
  left.delete(order[step])
}

/** Demands that what was not destroyed is listed. */
export function demandLeft(list: readonly Volume[], chains: readonly Chain[]): void {
  const listed = new Set(list.map(({ key }) => key))
  for (const { order, left } of chains) {
    const lost = [...left.values()].map(({ key }) => key).filter((key) => !listed.has(key))
    const names = order.map((index) => ['origin', 'snapshot', 'clone'][index]).join(', ')
    demandEqual(lost, [], `no volume that is lost, destroying ${names}`)
  }
}

/** A volume with name, description and metadata. */
async function described(context: Context): Promise<{ sr: Sr; origin: Volume }> {
  const sr = await sharedSr(context)
  const volume = await newVolume(context, sr, { description: 'the description of the origin' })
  await context.outcome('Volume.set', { sr: handleOf(sr), key: volume.key, k: 'vdi-type', v: 'user' })
  return { sr, origin: await stat(context, sr, volume) }
}

export function demandDistinct(made: Volume, origin: Volume): void {
  demand(made.key !== origin.key, 'a key of its own', made.key)
  demand(made.uuid === undefined || made.uuid !== origin.uuid, 'a uuid of its own', made.uuid)
}

export function demandInherited(made: Volume, origin: Volume): void {
  const of = ({ name, description }: Volume) => ({ name, description })
  demandEqual(of(made), of(origin), 'name and description of the origin')
}
