/** Two SRs, the first of which is made, filled, detached, attached, destroyed and made again beside the second. */
import type { ClauseId } from '../../clauses.ts'
import type { Context } from '../../context.ts'
import type { Sr } from '../../sr.ts'
import { attachSr, createSr, destroySr, ownSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demand, demandEqual } from '../../violation.ts'
import { handleOf, make, newVolume, SMALL, stat, unchanging, type Volume } from '../../volumes.ts'

export const LIVES_TOGETHER: Together = {
  checks: ['SR-CREATE-001', 'SR-DETACH-001', 'SR-DESTROY-001', 'SR-SECOND-001', 'SR-NAME-001', 'SR-DESC-001'],
  async run(context) {
    context.run.places.requireMany()
    const { sr: first, texts: given } = await created(context)
    if (!LATER.some((id) => context.isAbout(id))) return
    const plain = await newVolume(context, first, { description: 'a description' })
    const other = context.isAbout('SR-SECOND-001') ? await second(context, first, plain) : undefined
    const { volume, texts } = await described(context, first, given)
    const before = await context.call('SR.stat', { sr: handleOf(first) })
    demandEqual([before.name, before.description], [texts.name, texts.description], 'the SR as it was described')
    if (context.isAbout('SR-DETACH-001') || context.isAbout('SR-SECOND-001')) {
      await detached(context, first)
      if (other !== undefined) await context.call('SR.stat', { sr: handleOf(other.sr) })
      await other?.demandListed()
      await attachedAgain(context, first)
      const { name, description, uuid } = await context.call('SR.stat', { sr: handleOf(first) })
      demandEqual({ name, description, uuid }, { ...texts, uuid: before.uuid }, 'the SR as before')
      await demandVolumes(context, first, [plain, volume])
    }
    if (!context.isAbout('SR-DESTROY-001') && !context.isAbout('SR-SECOND-001')) return
    await destroySr(context, first)
    if (context.isAbout('SR-DESTROY-001')) await gone(context, first)
    if (other !== undefined) await stat(context, other.sr, other.own)
    await other?.demandListed()
    if (context.isAbout('SR-DESTROY-001')) await madeAgain(context, first)
  },
}

/** What is about more than SR.create. */
const LATER: readonly ClauseId[] = ['SR-DETACH-001', 'SR-DESTROY-001', 'SR-SECOND-001', 'SR-NAME-001', 'SR-DESC-001']

/** Another SR, with a volume, which it has whatever is done to the first. */
async function second(context: Context, first: Sr, plain: Volume) {
  const sr = await ownSr(context)
  const own = await newVolume(context, sr)
  const copies = context.isAbout('VOL-COPY-002') ? [await copyOf(context, first, plain, sr)] : []
  const params = { sr: handleOf(sr), key: plain.key }
  await context.refused('Volume.stat', params, 'the key is that of a volume in another SR')
  const demandListed = async () => demandKeys(await list(context, sr), [own, ...copies], 'the volumes of the other SR')
  await demandListed()
  return { sr, own, demandListed }
}

/** Demands the records of volumes after their SR was attached again. */
async function demandVolumes(context: Context, sr: Sr, wanted: readonly Volume[]): Promise<void> {
  const listed = await list(context, sr)
  demandKeys(listed, wanted, 'the volumes of the first SR')
  for (const expected of wanted) {
    const record = listed.find(({ key }) => key === expected.key)
    demandEqual(record && unchanging(record), unchanging(expected), 'the record of the volume as before')
    demandEqual(unchanging(await stat(context, sr, expected)), unchanging(expected), 'the same from Volume.stat')
  }
}

/** Demands that an SR is not there which was destroyed. */
async function gone(context: Context, sr: Sr): Promise<void> {
  await context.refused('SR.attach', { configuration: sr.complete }, 'the SR was destroyed')
  if (!context.isAbout('SR-PROBE-008')) return
  const { outcome } = await context.outcome('SR.probe', { configuration: sr.given })
  const found = outcome.ok ? outcome.value.filter((result) => result.sr?.uuid === sr.uuid) : []
  demandEqual(found, [], 'no result with the SR that was destroyed')
}

/** Makes an SR once more at the same place, where nothing of what was there is to be seen. */
async function madeAgain(context: Context, sr: Sr): Promise<void> {
  await createSr(context, sr, '')
  await attachSr(context, sr)
  demandEqual(await list(context, sr), [], 'no volumes')
  await destroySr(context, sr)
}

/** A new SR, attached by the configuration that it was answered with. */
async function created(context: Context): Promise<{ sr: Sr; texts: Described['texts'] }> {
  const description = 'made by smapiv3 conformance; it may be destroyed'
  const sr = await ownSr(context, { attached: false, description })
  sr.handle = await context.call('SR.attach', { configuration: sr.configuration })
  const seen = await context.call('SR.stat', { sr: sr.handle })
  demandEqual([seen.name, seen.description], [sr.name, description], 'what SR.create was given')
  if (context.run.selected('SR-CREATE-004')) demandEqual(seen.uuid, sr.uuid, 'the uuid that SR.create was given')
  demandEqual(await list(context, sr), [], 'no volumes')
  return { sr, texts: { name: sr.name, description } }
}

interface Described {
  readonly volume: Volume
  /** What SR.stat has to answer. */
  readonly texts: { readonly name: string; readonly description: string }
}

/** A volume, with another name, description and metadata, as its SR has, where these can be set. */
async function described(context: Context, sr: Sr, texts: Described['texts']): Promise<Described> {
  const made = await newVolume(context, sr)
  const handle = handleOf(sr)
  const at = { sr: handle, key: made.key }
  const set = async <T extends object>(
    ids: ClauseId | readonly ClauseId[],
    before: T,
    after: Partial<T>,
    call: () => Promise<unknown>,
  ) => {
    if (![ids].flat().some((id) => context.isAbout(id) && context.run.selected(id))) return before
    await call()
    return { ...before, ...after }
  }
  const name = context.name('renamed')
  const description = 'another'
  const named = await set(['SR-NAME-001', 'SR-NAME-002'], texts, { name }, () =>
    context.call('SR.set_name', { sr: handle, new_name: name }),
  )
  const all = await set(['SR-DESC-001', 'SR-DESC-002'], named, { description }, () =>
    context.call('SR.set_description', { sr: handle, new_description: description }),
  )
  const keyed = await set('VOL-SET-003', made, { keys: { 'vdi-type': 'user' } }, () =>
    context.call('Volume.set', { ...at, k: 'vdi-type', v: 'user' }),
  )
  const renamed = await set('VOL-NAME-002', keyed, { name }, () =>
    context.call('Volume.set_name', { ...at, new_name: name }),
  )
  const volume = await set('VOL-DESC-002', renamed, { description }, () =>
    context.call('Volume.set_description', { ...at, new_description: description }),
  )
  return { volume, texts: all }
}

function copyOf(context: Context, sr: Sr, { key, name }: Volume, target: Sr): Promise<Volume> {
  return make(context, target, name, 'Volume.copy', { sr: handleOf(sr), key, dest_sr: handleOf(target) })
}

function list(context: Context, sr: Sr): Promise<Volume[]> {
  return context.call('SR.ls', { sr: handleOf(sr) })
}

function demandKeys(listed: readonly Volume[], wanted: readonly Volume[], what: string): void {
  const keys = (volumes: readonly Volume[]) => volumes.map(({ key }) => key).sort()
  demandEqual(keys(listed), keys(wanted), what)
}

/** Detaches an SR, which then refuses every call. */
async function detached(context: Context, sr: Sr): Promise<void> {
  const handle = handleOf(sr)
  await context.call('SR.detach', { sr: handle })
  if (context.run.selected('SR-DETACH-002')) await context.call('SR.detach', { sr: handle })
  const { params: error = [] } = await context.refused('SR.stat', { sr: handle }, 'the SR is detached')
  if (context.run.selected('SR-DETACH-004'))
    demand(error[0] === 'Sr_not_attached', 'the params ["Sr_not_attached", handle]', error)
  await context.refused('SR.ls', { sr: handle }, 'the SR is detached')
  const params = { sr: handle, name: context.name('refused'), description: '', size: SMALL, sharable: false }
  sr.willMake(params.name, 'refused')
  await context.refused('Volume.create', params, 'the SR is detached')
}

async function attachedAgain(context: Context, sr: Sr): Promise<void> {
  const attached = await attachSr(context, sr)
  if (!context.run.selected('SR-ATTACH-005')) return
  const configuration = { ...sr.complete, 'smapiv3-conformance': 'a key that nobody knows' }
  demandEqual(await context.call('SR.attach', { configuration }), attached, 'the same handle')
}
