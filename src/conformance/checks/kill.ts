/** Checks that kill calls with SIGKILL at random instants, and look at what is left. */
import type { MethodName } from '../../contract/methods.ts'
import { demandPattern, spread, writePattern } from '../access/pattern.ts'
import { type Check, story } from '../check.ts'
import type { ClauseId } from '../clauses.ts'
import type { Context, Own } from '../context.ts'
import { Disk, opened, scratchDisk } from '../disks.ts'
import type { Sr } from '../sr.ts'
import { attachSr, ownSr } from '../sr-fixture.ts'
import { median } from '../timings.ts'
import { demand, demandEqual, Violation } from '../violation.ts'
import { handleOf, newVolume, SMALL, stat, type Volume } from '../volumes.ts'
import { all } from './all.ts'
import { blaming } from './samples.ts'

/** How often each method is killed. */
export const TIMES = 2

export const KILL_CHECKS: readonly Check[] = [
  story(
    ['ROB-KILL-001', 'ROB-KILL-002', 'ROB-KILL-003', 'ROB-KILL-004', 'ROB-KILL-005', 'ROB-KILL-006', 'ROB-KILL-007'],
    'own-sr',
    killVolumes,
  ),
  story(['ROB-KILL-008', 'ROB-KILL-009', 'ROB-KILL-010', 'ROB-KILL-011'], 'shared', killDisks),
]

/** On an SR of its own: what a killed call has made is destroyed with it. */
async function killVolumes(context: Context): Promise<void> {
  const sr = await ownSr(context)
  const handle = handleOf(sr)
  const volume = await newVolume(context, sr)
  const at = { sr: handle, key: volume.key }
  const create = { sr: handle, name: context.name('killed'), description: '', size: SMALL, sharable: false }
  const looked = new Set<string>()
  /** Every volume is there; each new one is asked for itself. Returns their keys. */
  const sound = async () => {
    const volumes = await context.call('SR.ls', { sr: handle })
    for (const { key, virtual_size: size } of volumes)
      demand(size >= SMALL, `volumes of at least ${SMALL} bytes in the list`, { key, virtual_size: size })
    const added = volumes.filter(({ key }) => !looked.has(key))
    await all(added.map(({ key }) => context.call('Volume.stat', { sr: handle, key })))
    for (const { key } of added) looked.add(key)
    return volumes.map(({ key }) => key)
  }
  const makes = async (method: 'Volume.create' | 'Volume.snapshot' | 'Volume.clone', params: Own<typeof method>) => {
    const made: string[] = []
    for (let time = 0; time < TIMES; time += 1) {
      await kill(context, method, params)
      made.push((await context.call(method, params as never)).key)
    }
    const listed = await sound()
    demandEqual(
      made.filter((key) => !listed.includes(key)),
      [],
      'every volume that a repeated call made',
    )
  }
  await judge(context, 'ROB-KILL-001', () => makes('Volume.create', create))
  await judge(context, 'ROB-KILL-002', () => makes('Volume.snapshot', at))
  await judge(context, 'ROB-KILL-003', () => makes('Volume.clone', at))
  await judge(context, 'ROB-KILL-004', async () => {
    for (let time = 0; time < TIMES; time += 1) {
      const doomed = await newVolume(context, sr)
      await killDestroy(context, sr, doomed)
      await context.refused('Volume.stat', { sr: handle, key: doomed.key }, 'the volume was destroyed')
    }
    await sound()
  })
  await judge(context, 'ROB-KILL-005', async () => killResize(context, sr, await stat(context, sr, volume)))
  await judge(context, 'ROB-KILL-006', async () => void (await killSet(context, sr, volume)))
  await judge(context, 'ROB-KILL-007', async () => {
    await context.call('SR.detach', { sr: handle })
    for (let time = 0; time < TIMES; time += 1) await kill(context, 'SR.attach', { configuration: sr.complete })
    await attachSr(context, sr)
    demandEqual((await stat(context, sr, volume)).key, volume.key, 'the volume')
    await sound()
  })
}

/** The call may have been done before it was killed; then the volume is gone. */
export async function killDestroy(context: Context, sr: Sr, { key }: Volume): Promise<void> {
  const params = { sr: handleOf(sr), key }
  await kill(context, 'Volume.destroy', params)
  const { outcome, record } = await context.outcome('Volume.destroy', params)
  const isGone = !outcome.ok && outcome.error.params?.[0] === 'Volume_does_not_exist'
  if (!outcome.ok && !isGone)
    throw new Violation('Volume.destroy succeeds, or the volume is gone', outcome.error.message, record)
}

/** Afterwards the volume has the old size or the new, and the repeated call makes it the new. */
export async function killResize(context: Context, sr: Sr, volume: Volume): Promise<void> {
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
export async function killSet(context: Context, sr: Sr, volume: Volume): Promise<Volume['keys']> {
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

async function killDisks(context: Context): Promise<void> {
  const { uri } = await scratchDisk(context)
  const disk = new Disk(context, uri)
  const params = { uri, domain: disk.domain }
  const read = async (backend: Awaited<ReturnType<Disk['attach']>>) =>
    opened(backend, async (access) => void (await access.read(0, 512)))
  await disk.attach()
  await disk.detach()
  disk.register()
  await judge(context, 'ROB-KILL-008', async () => {
    for (let time = 0; time < TIMES; time += 1) {
      await kill(context, 'Datapath.attach', params)
      const backend = await disk.attach()
      await disk.activate()
      await read(backend)
      await disk.deactivate()
      await disk.detach()
    }
  })
  const backend = await disk.attach()
  await judge(context, 'ROB-KILL-009', async () => {
    for (let time = 0; time < TIMES; time += 1) {
      await kill(context, 'Datapath.activate', params)
      await disk.activate()
      await read(backend)
      await disk.deactivate()
    }
  })
  await disk.activate()
  const pattern = await opened(backend, (access) => writePattern(access, context.random, spread(SMALL)))
  await judge(context, 'ROB-KILL-010', async () => {
    for (let time = 0; time < TIMES; time += 1) {
      await kill(context, 'Datapath.deactivate', params)
      await disk.deactivate()
      await disk.activate()
      await opened(backend, (access) => demandPattern(access, pattern, 'what was written before'))
    }
  })
  await disk.deactivate()
  await disk.detach()
  await judge(context, 'ROB-KILL-011', async () => {
    for (let time = 0; time < TIMES; time += 1) {
      await disk.attach()
      await kill(context, 'Datapath.detach', params)
      await disk.detach()
    }
    const again = await disk.attach()
    await disk.activate()
    await read(again)
    await disk.deactivate()
    await disk.detach()
  })
}

/** Judges what is there after calls were killed: whatever fails then fails because of that. */
function judge(context: Context, id: ClauseId, body: () => Promise<void>): Promise<void> {
  return context.judge(id, () => blaming(body))
}

/**
 * Runs a call and kills it after a random part of the time that such calls usually take: those that had to wait for others
 * take longer, and say nothing of it.
 */
export async function kill<M extends MethodName>(context: Context, method: M, params: Own<M>): Promise<void> {
  const durations = context.run.caller.log.seconds.get(method) ?? []
  const typical = durations.length === 0 ? 0.1 : median(durations)
  const killer = new AbortController()
  const timer = setTimeout(() => killer.abort(), context.random.next() * typical * 1000)
  try {
    await context.outcome(method, params, { signal: killer.signal, killGrace: 0 })
  } finally {
    clearTimeout(timer)
  }
}
