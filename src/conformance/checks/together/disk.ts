/** The life of one disk in the hands of three domains, and then beside another, until its volume is destroyed below it. */
import { existsSync } from 'node:fs'
import { type Access, describe, openImplementation, usable } from '../../access/access.ts'
import { demandPattern, type Pattern, spread, writePattern, zeroes } from '../../access/pattern.ts'
import type { ClauseId } from '../../clauses.ts'
import type { Context } from '../../context.ts'
import { Disk, opened, scratchDisk } from '../../disks.ts'
import { sharedSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demand, demandEqual } from '../../violation.ts'
import { destroy, handleOf, SMALL, type Volume } from '../../volumes.ts'
import { writeEnds } from '../data.ts'
import { demandSocket } from '../host.ts'
import { hostileDomains } from '../input.ts'
import { BESIDE, beside } from './beside.ts'
import type { Connected } from './jobs.ts'

/** What one disk is for. */
const LIFE: readonly ClauseId[] = [
  'DP-ATTACH-001',
  'DP-ATTACH-007',
  'DP-ATTACH-008',
  'DP-ACTIVATE-003',
  'DP-READONLY-001',
  'DP-IMPORT-001',
  'DP-DETACH-004',
  'DP-STATE-002',
  'INP-DOMAIN-001',
  'DATA-KEEP-001',
  'DATA-ZERO-001',
]

/** Bytes of each disk. */
const SIZE = SMALL + 1

export const DISK_TOGETHER: Together = {
  checks: [...LIFE, ...BESIDE],
  async run(context) {
    const { uri, volume } = await scratchDisk(context, SIZE)
    const isLife = LIFE.some((id) => context.isAbout(id))
    const connected = await (isLife ? lived(context, uri, volume) : connect(context, uri))
    const isBeside = BESIDE.some((id) => context.isAbout(id))
    const leftOut = isBeside && volume !== undefined ? await beside(context, connected, SIZE) : BESIDE
    await end(context, connected.disk, volume)
    return leftOut
  },
}

/** A disk that is activated and written. */
async function connect(context: Context, uri: string): Promise<Connected> {
  const disk = new Disk(context, uri)
  const backend = await disk.attach()
  await disk.activate()
  const pattern = await opened(backend, (access) => writePattern(access, context.random, spread(SMALL)))
  return { disk, backend, pattern }
}

/** The same of one that others had before. */
async function lived(context: Context, uri: string, volume: Volume | undefined): Promise<Connected> {
  const { canary, domains } = hostileDomains(context)
  const [second, third] = context.isAbout('INP-DOMAIN-001') ? domains : []
  const [one, two, three] = [new Disk(context, uri), new Disk(context, uri, second), new Disk(context, uri, third)]
  const holds = (pattern: Pattern) => (access: Access) => demandPattern(access, pattern, 'what was written')
  await context.refused('Datapath.activate', { uri, domain: context.domain() }, 'the disk is not attached')
  const backend = await one.attach()
  demandEqual(await one.attach(), backend, 'the same answer')
  const tags = backend.implementations.map(([tag]) => tag)
  demand(usable(backend).length > 0 && tags.includes('XenDisk'), 'implementations for dom0 and for a guest', tags)
  await one.activate()
  await one.activate()
  for (const implementation of usable(backend)) {
    const access = await openImplementation(implementation)
    await access.close()
    demandEqual(access.size, BigInt(volume?.virtual_size ?? access.size), `the size of ${describe(implementation)}`)
  }
  const pattern = await opened(backend, async (access) => {
    const offsets = spread(Number(access.size))
    if (volume !== undefined) await demandPattern(access, zeroes([...offsets, ...spread(SMALL)]), 'zeroes')
    return writePattern(access, context.random, offsets)
  })
  await one.deactivate()
  await one.activate()
  await opened(backend, holds(pattern))
  if (VISITED.some((id) => context.isAbout(id))) {
    // Another domain comes and goes.
    await two.attach()
    await opened(backend, holds(pattern))
    await two.detach()
    await opened(backend, holds(pattern))
    demandEqual(await one.attach(), backend, 'the answer of attach as before')
    await one.activate()
  }
  const isMoved = MOVED.some((id) => context.isAbout(id))
  if (!isMoved) await one.deactivate()
  const { again, later } = isMoved ? await moved(context, one, three, pattern) : { again: backend, later: pattern }
  if (context.isAbout('DP-READONLY-001')) {
    await one.activateReadonly()
    await one.activateReadonly()
    await opened(again, holds(later), false)
    const beside = await two.attach()
    await two.activateReadonly()
    await opened(beside, holds(later), false)
    await opened(again, holds(later), false)
    await two.deactivate()
    await two.detach()
    await one.deactivate()
  }
  await one.activate()
  await opened(again, holds(later))
  if (context.isAbout('DP-IMPORT-001'))
    await demandSocket(await context.call('Datapath.import_activate', { uri, domain: one.domain }))
  demand(!existsSync(canary), 'a domain that runs nothing', 'a command in it was run')
  return { disk: one, backend: again, pattern: later }
}

/** What another domain comes and goes for, and what one takes a disk over for. */
const VISITED: readonly ClauseId[] = ['DP-ATTACH-007', 'INP-DOMAIN-001']
const MOVED: readonly ClauseId[] = ['DP-ATTACH-001', 'DP-ATTACH-008', 'DP-STATE-002', 'INP-DOMAIN-001', 'DATA-KEEP-001']

/** A disk that another domain takes over, as in a migration, writes and lets go, and that the first one then attaches. */
async function moved(context: Context, one: Disk, three: Disk, pattern: Pattern) {
  const holds = (access: Access) => demandPattern(access, pattern, 'what was written')
  const other = await three.attach()
  await one.deactivate()
  await three.activate()
  await opened(other, holds)
  await one.deactivate()
  await one.detach()
  const later = await opened(other, async (access) => {
    await demandPattern(access, pattern, 'what was written')
    await writeEnds(context, access)
    return writePattern(access, context.random, [...pattern.keys()])
  })
  await three.deactivate()
  await three.deactivate()
  await three.detach()
  await three.detach()
  await three.deactivate()
  const again = await one.attach()
  await one.deactivate()
  return { again, later }
}

/** Lets go of a disk whose volume may be destroyed before. */
async function end(context: Context, disk: Disk, volume: Volume | undefined): Promise<void> {
  const removed = context.isAbout('DP-DETACH-004') ? volume : undefined
  const sr = removed === undefined ? undefined : await sharedSr(context)
  const removal = sr && removed && (await context.outcome('Volume.destroy', { sr: handleOf(sr), key: removed.key }))
  await disk.deactivate()
  await disk.detach()
  if (sr && removed && removal?.outcome.ok) sr.forget(removed.key)
  else if (sr && removed) await destroy(context, sr, removed)
}
