/** An SR of its own in which each call is killed before it is made, and all volumes are looked at once. */
import type { Context } from '../../context.ts'
import type { Sr } from '../../sr.ts'
import { attachSr, ownSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demand, demandEqual } from '../../violation.ts'
import { handleOf, newVolume, SMALL, stat, type Volume } from '../../volumes.ts'
import { all } from '../all.ts'
import { kill, killDestroy, killResize, killSet, TIMES } from '../kill.ts'

export const KILL_VOLUMES_TOGETHER: Together = {
  checks: ['ROB-KILL-001'],
  async run(context) {
    const sr = await ownSr(context)
    const volume = await newVolume(context, sr)
    const { created, copies } = await made(context, sr, volume)
    const kept = [volume, ...copies]
    await sound(context, sr, [...kept, ...created])
    for (const last of [created.at(-1), copies.at(-1)]) if (last !== undefined) await stat(context, sr, last)
    for (const doomed of created) await killDestroy(context, sr, doomed)
    if (context.isAbout('ROB-KILL-005')) await killResize(context, sr, volume)
    const keys = context.isAbout('ROB-KILL-006') ? await killSet(context, sr, volume) : {}
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
