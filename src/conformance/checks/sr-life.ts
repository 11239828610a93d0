/** Checks on SRs of their own: created, attached, detached, destroyed. */
import { randomUUID } from 'node:crypto'
import { type Check, check, story } from '../check.ts'
import type { Context } from '../context.ts'
import type { Sr } from '../sr.ts'
import { attachSr, createSr, destroySr, ownSr, plannedSr } from '../sr-fixture.ts'
import { CallFailed, demand, demandEqual, Violation } from '../violation.ts'
import { handleOf, listed, make, newVolume, SMALL, unchanging } from '../volumes.ts'

export const SR_LIFE_CHECKS: readonly Check[] = [
  story(
    ['SR-CREATE-001', 'SR-CREATE-002', 'SR-CREATE-003', 'SR-CREATE-004', 'SR-CREATE-005'],
    'own-sr',
    async (context) => {
      let sr: Sr | undefined
      const description = 'made by smapiv3 conformance; it may be destroyed'
      await context.judge('SR-CREATE-001', async () => {
        sr = await ownSr(context, { attached: false, description })
      })
      const made = sr ?? (await ownSr(context, { attached: false, description }))
      const { configuration, name, uuid } = made
      await context.judge('SR-CREATE-002', async () => {
        made.handle = await context.call('SR.attach', { configuration })
      })
      const handle = made.handle ?? (await attachSr(context, made))
      await context.judge('SR-CREATE-003', async () => {
        const stat = await context.call('SR.stat', { sr: handle })
        demandEqual(
          { name: stat.name, description: stat.description },
          { name, description },
          'what SR.create was given',
        )
      })
      await context.judge('SR-CREATE-004', async () => {
        const stat = await context.call('SR.stat', { sr: handle })
        demandEqual(stat.uuid, uuid, 'the uuid that SR.create was given')
      })
      await context.judge('SR-CREATE-005', async () => {
        demandEqual(await context.call('SR.ls', { sr: handle }), [], 'no volumes')
      })
    },
  ),
  check('SR-CREATE-006', 'own-sr', async (context) => {
    const sr = await ownSr(context)
    const volume = await newVolume(context, sr)
    const params = { uuid: randomUUID(), configuration: sr.given, name: context.name('second SR'), description: '' }
    await context.refused('SR.create', params, 'the place has an SR already')
    demand((await listed(context, sr, volume)) !== undefined, 'the volume of the SR that was there', 'it is gone')
  }),
  check('SR-CREATE-007', 'first', async (context) => {
    const sr = plannedSr(context, {})
    const refusal = await createSr(context, sr, '').catch((error: unknown) => error)
    if (refusal === undefined)
      throw new Violation('SR.create without a configuration is refused', 'it made an SR', context.calls.at(-1))
    if (!(refusal instanceof CallFailed) || refusal.error.kind === 'SCRIPT_MISSING') throw refusal
    if (refusal.error.kind !== 'PLUGIN_ERROR') throw new CallFailed('SR.create', refusal.error, refusal.call, true)
  }),
  story(
    [
      'SR-DETACH-001',
      'SR-DETACH-002',
      'SR-DETACH-003',
      'SR-DETACH-004',
      'SR-DETACH-005',
      'SR-DETACH-006',
      'SR-ATTACH-005',
      'SR-NAME-002',
      'SR-DESC-002',
      'VOL-SET-003',
      'VOL-NAME-002',
      'VOL-DESC-002',
    ],
    'own-sr',
    detachAndAttach,
  ),
  story(
    ['SR-DESTROY-001', 'SR-DESTROY-002', 'SR-DESTROY-003', 'SR-DESTROY-004', 'SR-PROBE-008'],
    'own-sr',
    async (context) => {
      const empty = await ownSr(context)
      await context.judge('SR-DESTROY-001', async () => destroySr(context, empty))
      if (!empty.isDestroyed) await destroySr(context, empty)
      await context.judge('SR-DESTROY-003', async () => {
        await context.refused('SR.attach', { configuration: empty.complete }, 'the SR was destroyed')
      })
      await context.judge('SR-PROBE-008', async () => {
        const { outcome } = await context.outcome('SR.probe', { configuration: empty.given })
        const found = outcome.ok ? outcome.value.filter(({ sr }) => sr?.uuid === empty.uuid) : []
        demandEqual(found, [], 'no result with the SR that was destroyed')
      })
      await context.judge('SR-DESTROY-004', async () => {
        await createSr(context, empty, '')
        const sr = await attachSr(context, empty)
        demandEqual(await context.call('SR.ls', { sr }), [], 'no volumes')
      })
      if (!context.run.places.isMany) await empty.remove()
      await context.judge('SR-DESTROY-002', async () => {
        const full = context.run.places.isMany ? await ownSr(context) : await again(context, empty)
        await newVolume(context, full)
        await newVolume(context, full)
        await destroySr(context, full)
      })
    },
  ),
]

/** One SR with one volume, whose properties are set before and looked at after it was detached and attached again. */
async function detachAndAttach(context: Context): Promise<void> {
  const sr = await ownSr(context)
  const handle = handleOf(sr)
  const volume = await newVolume(context, sr, { description: 'a description' })
  const { key } = volume
  const other = await newVolume(context, sr)
  const names = { sr: context.name('renamed'), volume: context.name('renamed') }
  const changes = {
    srName: await context.outcome('SR.set_name', { sr: handle, new_name: names.sr }),
    srDescription: await context.outcome('SR.set_description', { sr: handle, new_description: 'another' }),
    set: await context.outcome('Volume.set', { sr: handle, key: other.key, k: 'vdi-type', v: 'user' }),
    name: await context.outcome('Volume.set_name', { sr: handle, key: other.key, new_name: names.volume }),
    description: await context.outcome('Volume.set_description', {
      sr: handle,
      key: other.key,
      new_description: 'new',
    }),
  }
  const stat = await context.call('SR.stat', { sr: handle })
  const volumes = await context.call('SR.ls', { sr: handle })
  await context.step('SR-DETACH-001', async () => {
    await context.call('SR.detach', { sr: handle })
  })
  await context.judge('SR-DETACH-003', async () => {
    const params = { sr: handle, name: context.name('refused'), description: '', size: SMALL, sharable: false }
    await context.refused('SR.stat', { sr: handle }, 'the SR is detached')
    await context.refused('SR.ls', { sr: handle }, 'the SR is detached')
    const made = sr.willMake(params.name, 'refused')
    await context.refused('Volume.create', params, 'the SR is detached')
    await sr.removeVolume(made).catch(() => {})
  })
  await context.judge('SR-DETACH-004', async () => {
    const { params = [] } = await context.refused('SR.stat', { sr: handle }, 'the SR is detached')
    demand(params[0] === 'Sr_not_attached', 'the params ["Sr_not_attached", handle]', params)
  })
  await context.judge('SR-DETACH-002', async () => {
    await context.call('SR.detach', { sr: handle })
  })
  const attached = await attachSr(context, sr)
  await context.judge('SR-DETACH-005', async () => {
    const before = volumes.filter((record) => record.key === key).map(unchanging)
    const after = (await context.call('SR.ls', { sr: attached })).filter((record) => record.key === key).map(unchanging)
    demandEqual(after, before, 'the record of the volume as it was before')
    demandEqual(
      unchanging(await context.call('Volume.stat', { sr: attached, key })),
      before[0],
      'the same from Volume.stat',
    )
  })
  const again = await context.call('SR.stat', { sr: attached })
  await context.judge('SR-DETACH-006', async () => {
    const of = ({ name, description, uuid }: typeof stat) => ({ name, description, uuid: uuid ?? '' })
    demandEqual(of(again), of(stat), 'name, description and uuid as before')
  })
  await context.judge('SR-NAME-002', async () => {
    context.succeeded(changes.srName)
    demandEqual(again.name, names.sr, 'the name that was set')
  })
  await context.judge('SR-DESC-002', async () => {
    context.succeeded(changes.srDescription)
    demandEqual(again.description, 'another', 'the description that was set')
  })
  const record = () => context.call('Volume.stat', { sr: attached, key: other.key })
  await context.judge('VOL-SET-003', async () => {
    context.succeeded(changes.set)
    demandEqual((await record()).keys, { 'vdi-type': 'user' }, 'the metadata that was stored')
  })
  await context.judge('VOL-NAME-002', async () => {
    context.succeeded(changes.name)
    demandEqual((await record()).name, names.volume, 'the name that was set')
  })
  await context.judge('VOL-DESC-002', async () => {
    context.succeeded(changes.description)
    demandEqual((await record()).description, 'new', 'the description that was set')
  })
  await context.judge('SR-ATTACH-005', async () => {
    const configuration = { ...sr.complete, 'smapiv3-conformance': 'a key that nobody knows' }
    demandEqual(await context.call('SR.attach', { configuration }), attached, 'the same handle')
  })
}

/** Where there is only one place: the SR made once more. */
async function again(context: Context, sr: Sr): Promise<Sr> {
  await createSr(context, sr, '')
  await attachSr(context, sr)
  return sr
}

export const SECOND_SR_CHECKS: readonly Check[] = [
  story(
    ['SR-SECOND-001', 'SR-SECOND-002', 'SR-SECOND-003', 'SR-SECOND-004', 'VOL-COPY-002'],
    'own-sr',
    async (context) => {
      context.run.places.requireMany()
      const first = await ownSr(context)
      const second = await ownSr(context)
      const volume = await newVolume(context, first)
      const own = await newVolume(context, second)
      await context.judge('SR-SECOND-001', async () => {
        demand((await listed(context, second, volume)) === undefined, 'not the volume of the other SR', 'it is listed')
      })
      await context.judge('SR-SECOND-004', async () => {
        const params = { sr: handleOf(second), key: volume.key }
        await context.refused('Volume.stat', params, 'the key is that of a volume in another SR')
      })
      await context.judge('VOL-COPY-002', async () => {
        const params = { sr: handleOf(first), key: volume.key, dest_sr: handleOf(second) }
        const copy = await make(context, second, volume.name, 'Volume.copy', params)
        demand(
          (await listed(context, second, copy)) !== undefined,
          'the copy in the SR it was copied to',
          'it is not listed',
        )
        demand(
          (await listed(context, first, copy)) === undefined,
          'no copy in the SR it was copied from',
          'it is listed',
        )
      })
      await context.judge('SR-SECOND-002', async () => {
        await context.call('SR.detach', { sr: handleOf(first) })
        await context.call('SR.stat', { sr: handleOf(second) })
        demand((await listed(context, second, own)) !== undefined, 'the volumes of the SR that stayed', 'they are gone')
      })
      await attachSr(context, first)
      await context.judge('SR-SECOND-003', async () => {
        await destroySr(context, first)
        demand((await listed(context, second, own)) !== undefined, 'the volumes of the SR that stayed', 'they are gone')
        demandEqual((await context.call('Volume.stat', { sr: handleOf(second), key: own.key })).key, own.key, 'its key')
      })
    },
  ),
]
