/**
 * An SR of its own whose volume is connected by two hosts, one after the other; then each call is killed before it is made,
 * and all is looked at once the SR is attached again, by several callers at the same time.
 */
import { demandPattern, type Pattern } from '../../access/pattern.ts'
import type { ClauseId } from '../../clauses.ts'
import type { Context } from '../../context.ts'
import { usingVolume } from '../../disks.ts'
import type { Sr } from '../../sr.ts'
import { ownSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demand, demandEqual } from '../../violation.ts'
import { handleOf, newVolume, SMALL, stat, type Volume } from '../../volumes.ts'
import { all } from '../all.ts'
import { times } from '../concurrency.ts'
import { restarted } from '../host.ts'
import { kill, killDestroy, killResize, killSet, TIMES } from '../kill.ts'

/** What a disk is written for. */
const KEPT: readonly ClauseId[] = ['DATA-KEEP-003', 'DATA-KEEP-004']

/** What calls are killed for, beside SR.attach. */
const KILLED: readonly ClauseId[] = [
  'ROB-KILL-001',
  'ROB-KILL-002',
  'ROB-KILL-003',
  'ROB-KILL-004',
  'ROB-KILL-005',
  'ROB-KILL-006',
]

export const KILL_VOLUMES_TOGETHER: Together = {
  checks: ['ROB-KILL-001', ...KEPT, 'ROB-CONC-005'],
  async run(context) {
    const isWritten = KEPT.some((id) => context.isAbout(id))
    const { sr, volume, pattern } = isWritten ? await restarted(context) : await unwritten(context)
    const demandKept = KILLED.some((id) => context.isAbout(id)) ? await killed(context, sr, volume) : undefined
    await context.call('SR.detach', { sr: handleOf(sr) })
    const configuration = sr.complete
    if (context.isAbout('ROB-KILL-007'))
      for (let time = 0; time < TIMES; time += 1) await kill(context, 'SR.attach', { configuration })
    const handles = await all(times(4, () => context.call('SR.attach', { configuration })))
    demandEqual(new Set(handles).size, 1, 'handles')
    sr.handle = handles[0]
    const again = await stat(context, sr, volume)
    await demandKept?.(again)
    if (pattern !== undefined)
      await usingVolume(context, again, (access) => demandPattern(access, pattern, 'what was written before'))
  },
}

async function unwritten(context: Context): Promise<{ sr: Sr; volume: Volume; pattern: Pattern | undefined }> {
  const sr = await ownSr(context)
  return { sr, volume: await newVolume(context, sr), pattern: undefined }
}

/** Kills calls. Returns what has to hold once the SR was detached and attached again. */
async function killed(context: Context, sr: Sr, volume: Volume): Promise<(again: Volume) => Promise<void>> {
  const { created, copies } = await made(context, sr, volume)
  const kept = [volume, ...copies]
  await sound(context, sr, [...kept, ...created])
  for (const last of [created.at(-1), copies.at(-1)]) if (last !== undefined) await stat(context, sr, last)
  for (const doomed of created) await killDestroy(context, sr, doomed)
  const gone = { sr: handleOf(sr), key: created[0]?.key ?? '' }
  await context.refused('Volume.stat', gone, 'the volume was destroyed')
  if (context.isAbout('ROB-KILL-005')) await killResize(context, sr, volume)
  const keys = context.isAbout('ROB-KILL-006') ? await killSet(context, sr, volume) : {}
  return async (again) => {
    const listed = await sound(context, sr, kept)
    const back = created.filter(({ key }) => listed.some((other) => other.key === key))
    demandEqual(back, [], 'no volume that was destroyed')
    demandEqual(again.keys, keys, 'the metadata that was stored last')
  }
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
