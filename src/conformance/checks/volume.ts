/** Checks on one volume: created, described, resized, destroyed. */
import type { Smapiv3Error } from '../../contract/errors.ts'
import { schemeOf } from '../../contract/uri.ts'
import type { Called } from '../caller.ts'
import { type Check, check, story } from '../check.ts'
import type { Context } from '../context.ts'
import { sharedSr } from '../sr-fixture.ts'
import { CallFailed, demand, demandEqual, NotApplicable, Violation } from '../violation.ts'
import {
  destroy,
  handleOf,
  listed,
  MIB,
  newVolume,
  SMALL,
  snapshotOf,
  stat,
  unchanging,
  type Volume,
} from '../volumes.ts'
import { unknownKey } from './unknown-key.ts'

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** How much larger than asked a volume may be. */
export const SLACK = 64 * MIB
/** More than any storage has: 4 EiB. */
const IMMENSE = 2n ** 62n

export const VOLUME_CHECKS: readonly Check[] = [
  story(
    [
      'VOL-CREATE-001',
      'VOL-CREATE-002',
      'VOL-CREATE-003',
      'VOL-CREATE-004',
      'VOL-CREATE-005',
      'VOL-CREATE-006',
      'VOL-CREATE-007',
      'VOL-CREATE-008',
      'VOL-CREATE-009',
      'VOL-CREATE-012',
      'VOL-STAT-001',
    ],
    'shared',
    create,
  ),
  story(['VOL-CREATE-010', 'VOL-CREATE-011', 'LEAK-VOLUME-001'], 'shared', async (context) => {
    const sr = await sharedSr(context)
    let isAsked = false
    const names = new Set<string>()
    const refused = async (size: bigint | number) => {
      isAsked = true
      const name = context.name('refused')
      const made = sr.willMake(name, 'refused')
      context.register({ name: `the volume ${name}`, remove: () => sr.removeVolume(made) })
      const params = { sr: handleOf(sr), name, description: '', size, sharable: false }
      names.add(name)
      try {
        await context.refused('Volume.create', params, `a size of ${size}`, { input: context.input(params) })
      } catch (error) {
        // It was made, for which there are clauses.
        if (error instanceof Violation) names.delete(name)
        throw error
      }
    }
    await context.judge('VOL-CREATE-010', () => refused(IMMENSE))
    await context.judge('VOL-CREATE-011', () => refused(-SMALL))
    await context.judge('LEAK-VOLUME-001', async () => {
      // Judged alone, nothing has been refused yet.
      if (!isAsked)
        for (const size of [IMMENSE, -SMALL])
          await refused(size).catch((error: unknown) => {
            if (!(error instanceof Violation)) throw error
          })
      if (names.size === 0) throw new NotApplicable('needs a call that fails, and those that should fail succeed')
      const volumes = await context.call('SR.ls', { sr: handleOf(sr) })
      const left = volumes.filter(({ name }) => names.has(name)).map(({ key, name }) => ({ key, name }))
      demandEqual(left, [], 'no volume of a call that failed')
    })
  }),
  story(
    [
      'VOL-STAT-002',
      'VOL-STAT-003',
      'VOL-UNKNOWN-001',
      'VOL-UNKNOWN-002',
      'VOL-UNKNOWN-003',
      'VOL-UNKNOWN-004',
      'VOL-DESTROY-002',
    ],
    'shared',
    unknownKey,
  ),
  story(['VOL-RESIZE-001', 'VOL-RESIZE-002', 'VOL-RESIZE-003', 'VOL-RESIZE-004', 'VOL-RESIZE-005'], 'shared', resize),
  check('VOL-RESIZE-006', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const snapshot = await snapshotOf(context, sr, await newVolume(context, sr))
    const params = { sr: handleOf(sr), key: snapshot.key, new_size: 2 * SMALL }
    await context.refused('Volume.resize', params, 'the volume is a snapshot')
    demandEqual((await stat(context, sr, snapshot)).virtual_size, snapshot.virtual_size, 'the size as before')
  }),
  story(['VOL-DESTROY-001', 'VOL-DESTROY-003', 'VOL-DESTROY-004'], 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const other = await newVolume(context, sr)
    await context.step('VOL-DESTROY-001', async () => {
      await destroy(context, sr, volume)
      await context.refused('Volume.stat', { sr: handleOf(sr), key: volume.key }, 'the volume was destroyed')
    })
    await context.judge('VOL-DESTROY-003', async () => {
      demandEqual(unchanging(await stat(context, sr, other)), unchanging(other), 'the other volume as before')
    })
    await context.judge('VOL-DESTROY-004', async () => {
      const next = await newVolume(context, sr, { name: volume.name })
      demand(next.key !== volume.key, `a key other than ${volume.key}`, next.key)
    })
  }),
]

async function create(context: Context): Promise<void> {
  const sr = await sharedSr(context)
  const request = { name: context.name('volume'), description: 'a description', size: SMALL + 1 }
  let answered: Volume | undefined
  await context.judge('VOL-CREATE-001', async () => {
    answered = await newVolume(context, sr, request)
  })
  const volume = answered ?? (await newVolume(context, sr, request))
  const twin = await newVolume(context, sr, { name: request.name, size: 5_000_000 })
  await context.judge('VOL-CREATE-002', async () => {
    demand(volume.virtual_size >= request.size, `at least ${request.size}`, volume.virtual_size)
    demand(twin.virtual_size >= 5_000_000, 'at least 5000000', twin.virtual_size)
  })
  await context.judge('VOL-CREATE-003', async () => {
    demand(volume.virtual_size < request.size + SLACK, `less than ${request.size + SLACK}`, volume.virtual_size)
  })
  await context.judge('VOL-CREATE-004', async () => {
    const { name, description, keys } = volume
    demandEqual(
      { name, description, keys },
      { name: request.name, description: request.description, keys: {} },
      'as asked',
    )
  })
  await context.judge('VOL-CREATE-005', async () => demandEqual(volume.read_write, true, 'read_write'))
  await context.judge('VOL-CREATE-006', async () => {
    demand(volume.key !== twin.key, 'another key for the second volume of that name', twin.key)
  })
  await context.judge('VOL-CREATE-007', async () => {
    demand(volume.uuid !== undefined && UUID.test(volume.uuid), 'a uuid', volume.uuid)
    demand(volume.uuid !== twin.uuid, 'another uuid for the second volume', twin.uuid)
  })
  await context.judge('VOL-CREATE-008', async () => {
    const { uri } = volume
    demand(uri.length > 0 && uri.every((text) => schemeOf(text) !== undefined), 'URIs with a scheme', uri)
  })
  await context.judge('VOL-CREATE-009', async () => demandEqual(volume.sharable, false, 'sharable'))
  await context.judge('VOL-CREATE-012', async () => {
    demand(volume.physical_utilisation >= 0, 'not below 0', volume.physical_utilisation)
  })
  await context.judge('VOL-STAT-001', async () => {
    demandEqual(unchanging(await stat(context, sr, volume)), unchanging(volume), 'what Volume.create answered')
  })
}

async function resize(context: Context): Promise<void> {
  const sr = await sharedSr(context)
  const volume = await newVolume(context, sr, { description: 'a description' })
  const at = { sr: handleOf(sr), key: volume.key }
  const size = SMALL * 3 + 1
  await context.step('VOL-RESIZE-001', async () => {
    await context.call('Volume.resize', { ...at, new_size: size })
    demand((await stat(context, sr, volume)).virtual_size >= size, `at least ${size}`, await stat(context, sr, volume))
    demand(
      ((await listed(context, sr, volume))?.virtual_size ?? 0) >= size,
      `at least ${size} in SR.ls`,
      await listed(context, sr, volume),
    )
  })
  const now = await stat(context, sr, volume)
  await context.judge('VOL-RESIZE-005', async () => {
    if (now.virtual_size === volume.virtual_size) throw new NotApplicable('needs a volume that was resized')
    // A URI may tell the size.
    const of = ({ virtual_size: _, uri: _uri, ...rest }: Omit<Volume, 'physical_utilisation'>) => rest
    demandEqual(of(unchanging(now)), of(unchanging(volume)), 'all but the size as before')
  })
  await context.judge('VOL-RESIZE-004', async () => {
    await context.call('Volume.resize', { ...at, new_size: now.virtual_size })
    demandEqual((await stat(context, sr, volume)).virtual_size, now.virtual_size, 'the same size')
  })
  const smaller = Math.floor(Number(now.virtual_size) / 3)
  const shrink = await context.outcome('Volume.resize', { ...at, new_size: smaller })
  const after = await stat(context, sr, volume)
  await context.judge('VOL-RESIZE-002', async () => {
    if (shrink.outcome.ok) demandShrunk(shrink, { before: now, after, asked: smaller })
    else context.demandRefused(shrink, 'it is smaller')
  })
  await context.judge('VOL-RESIZE-003', async () => {
    if (shrink.outcome.ok) throw new NotApplicable('needs a plugin that refuses to shrink')
    demandRefusal(shrink.outcome.error, { before: now, after })
  })
}

interface Shrinking {
  readonly before: Volume
  readonly after: Volume
  /** Bytes. */
  readonly asked: number
}

type Shrink = Called<'Volume.resize'>

/** Demands that a volume that was made smaller is smaller, or that this was refused as the interface says. */
export function demandResized(shrink: Shrink, sizes: Shrinking): void {
  const { outcome, record, method } = shrink
  if (outcome.ok) demandShrunk(shrink, sizes)
  else if (outcome.error.kind === 'PLUGIN_ERROR') demandRefusal(outcome.error, sizes)
  else throw new CallFailed(method, outcome.error, record, true)
}

function demandShrunk({ record }: Shrink, { before, after, asked }: Shrinking): void {
  const isDone = after.virtual_size < before.virtual_size && after.virtual_size >= asked
  if (!isDone)
    throw new Violation(
      `a refusal, or a size of about ${asked}`,
      `success, and a size of ${after.virtual_size}`,
      record,
    )
}

function demandRefusal({ code }: Smapiv3Error, { before, after }: Omit<Shrinking, 'asked'>): void {
  demand(code === 'SR_BACKEND_FAILURE_79', 'the code SR_BACKEND_FAILURE_79', code)
  demandEqual(after.virtual_size, before.virtual_size, 'the size as before')
}
