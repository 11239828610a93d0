/** An SR of its own in which each call is killed before it is made, and all volumes are looked at once. */
import type { Context } from '../../context.ts'
import type { Sr } from '../../sr.ts'
import { attachSr, ownSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demand, demandEqual, Violation } from '../../violation.ts'
import { handleOf, newVolume, SMALL, stat, type Volume } from '../../volumes.ts'
import { all } from '../all.ts'
import { kill, TIMES } from '../kill.ts'

export const KILL_VOLUMES_TOGETHER: Together = {
  checks: ['ROB-KILL-001'],
  async run(context) {
    const sr = await ownSr(context)
    const volume = await newVolume(context, sr)
    const { created, copies } = await made(context, sr, volume)
    const kept = [volume, ...copies]
    await sound(context, sr, [...kept, ...created])
    for (const last of [created.at(-1), copies.at(-1)]) if (last !== undefined) await stat(context, sr, last)
    for (const doomed of created) await destroyed(context, sr, doomed)
    if (context.isAbout('ROB-KILL-005')) await resized(context, sr, volume)
    const keys = context.isAbout('ROB-KILL-006') ? await described(context, sr, volume) : {}
    await context.call('SR.detach', { sr: handleOf(sr) })
    for (let time = 0; time < TIMES; time += 1) await kill(context, 'SR.attach', { configuration: sr.complete })
    await attachSr(context, sr)
    const listed = await sound(context, sr, kept)
    const gone = created.filter(({ key }) => listed.some((other) => other.key === key))
    demandEqual(gone, [], 'no volume that was destroyed')
    demandEqual((await stat(context, sr, volume)).keys, keys, 'the metadata that was stored last')
  },
}

/** Volumes that calls made which were killed before. */
async function made(context: Context, sr: Sr, { key }: Volume) {
  const at = { sr: handleOf(sr), key }
  const create = { sr: at.sr, name: context.name('killed'), description: '', size: SMALL, sharable: false }
  const created: Volume[] = []
  const copies: Volume[] = []
  for (let time = 0; time < TIMES; time += 1) {
    await kill(context, 'Volume.create', create)
    created.push(await context.call('Volume.create', create))
    for (const [id, method] of [
      ['ROB-KILL-002', 'Volume.snapshot'],
      ['ROB-KILL-003', 'Volume.clone'],
    ] as const)
      if (context.isAbout(id)) {
        await kill(context, method, at)
        copies.push(await context.call(method, at))
      }
  }
  return { created, copies }
}

/** Demands that volumes are there, and that those beside them, which killed calls have left, are whole. */
async function sound(context: Context, sr: Sr, wanted: readonly Volume[]): Promise<readonly Volume[]> {
  const listed = await context.call('SR.ls', { sr: handleOf(sr) })
  for (const { key, virtual_size: size } of listed)
    demand(size >= SMALL, `volumes of at least ${SMALL} bytes in the list`, { key, virtual_size: size })
  const lost = wanted.filter(({ key }) => !listed.some((volume) => volume.key === key))
  demandEqual(lost, [], 'every volume that a call made')
  const added = listed.filter(({ key }) => !wanted.some((volume) => volume.key === key))
  await all(added.map((volume) => stat(context, sr, volume)))
  return listed
}

async function destroyed(context: Context, sr: Sr, { key }: Volume): Promise<void> {
  const params = { sr: handleOf(sr), key }
  await kill(context, 'Volume.destroy', params)
  const { outcome, record } = await context.outcome('Volume.destroy', params)
  const isGone = !outcome.ok && outcome.error.params?.[0] === 'Volume_does_not_exist'
  if (!outcome.ok && !isGone)
    throw new Violation('Volume.destroy succeeds, or the volume is gone', outcome.error.message, record)
  await context.refused('Volume.stat', params, 'the volume was destroyed')
}

async function resized(context: Context, sr: Sr, volume: Volume): Promise<void> {
  const params = { sr: handleOf(sr), key: volume.key, new_size: SMALL * 2 }
  await kill(context, 'Volume.resize', params)
  const { virtual_size: size } = await stat(context, sr, volume)
  const isOldOrNew = size === volume.virtual_size || size >= params.new_size
  demand(isOldOrNew, `a size of ${volume.virtual_size}, or of at least ${params.new_size}`, size)
  await context.call('Volume.resize', params)
  const after = await stat(context, sr, volume)
  demand(after.virtual_size >= params.new_size, `at least ${params.new_size}`, after)
}

/** @returns the metadata that a volume then has */
async function described(context: Context, sr: Sr, volume: Volume): Promise<Volume['keys']> {
  const at = { sr: handleOf(sr), key: volume.key }
  await context.call('Volume.set', { ...at, k: 'other', v: 'kept' })
  let before = ''
  for (let time = 0; time < TIMES; time += 1) {
    const params = { ...at, k: 'changing', v: `value ${time}` }
    await kill(context, 'Volume.set', params)
    const { keys } = await stat(context, sr, volume)
    const isOldOrNew = [before, params.v].includes(keys.changing ?? '')
    demand(keys.other === 'kept' && isOldOrNew, 'the old value or the new, and the other key', keys)
    await context.call('Volume.set', params)
    before = params.v
  }
  return { other: 'kept', changing: before }
}
