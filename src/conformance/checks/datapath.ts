/** Checks on the state table of a datapath and on what it offers. */
import { describe, openImplementation, usable } from '../access/access.ts'
import { type Check, check, story } from '../check.ts'
import type { Context } from '../context.ts'
import { Disk, opened, reading, scratchDisk, uriOf } from '../disks.ts'
import { sharedSr } from '../sr-fixture.ts'
import { demand, demandEqual, Violation } from '../violation.ts'
import { destroy, newVolume, SMALL, snapshotOf } from '../volumes.ts'
import { sampleVolume } from './samples.ts'

export const DATAPATH_CHECKS: readonly Check[] = [
  story(['DP-URI-001', 'DP-URI-002'], 'shared', async (context) => {
    const { uri } = await sampleVolume(context, await sharedSr(context))
    const served = uri.filter((candidate) => context.run.subjects.datapathOf(candidate) !== undefined)
    await context.judge('DP-URI-001', async () => demand(served.length > 0, 'a URI with a datapath plugin', uri))
    await context.judge('DP-URI-002', async () => demandEqual(served, uri, 'a datapath plugin for every URI'))
  }),
  story(
    [
      'DP-ATTACH-001',
      'DP-ATTACH-002',
      'DP-ATTACH-003',
      'DP-ATTACH-004',
      'DP-ATTACH-005',
      'DP-ATTACH-006',
      'DP-ACTIVATE-001',
      'DP-ACTIVATE-002',
      'DP-DEACTIVATE-001',
      'DP-DEACTIVATE-002',
      'DP-DEACTIVATE-003',
      'DP-DETACH-001',
      'DP-DETACH-002',
    ],
    'shared',
    life,
  ),
  check('DP-ATTACH-008', 'shared', async (context) => {
    const { uri } = await scratchDisk(context)
    const disk = new Disk(context, uri)
    for (let time = 0; time < 2; time += 1) {
      const backend = await disk.attach()
      await disk.activate()
      await opened(backend, async (access) => void (await access.read(0, 512)))
      await disk.deactivate()
      await disk.detach()
    }
  }),
  check('DP-ACTIVATE-003', 'shared', async (context) => {
    const { uri } = await scratchDisk(context)
    await context.refused('Datapath.activate', { uri, domain: context.domain() }, 'the disk is not attached')
  }),
  story(['DP-ATTACH-007', 'DP-DETACH-003'], 'shared', async (context) => {
    const { uri } = await scratchDisk(context)
    const first = new Disk(context, uri)
    const second = new Disk(context, uri)
    const backend = await first.attach()
    await first.activate()
    await context.judge('DP-ATTACH-007', async () => {
      await second.attach()
      await opened(backend, async (access) => void (await access.read(0, 512)))
    })
    await context.judge('DP-DETACH-003', async () => {
      await second.attach()
      await second.detach()
      await opened(backend, async (access) => void (await access.read(0, 512)))
      demandEqual(await first.attach(), backend, 'the answer of attach as before')
      await first.activate()
    })
    await first.deactivate()
    await first.detach()
  }),
  check('DP-DETACH-004', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const disk = new Disk(context, uriOf(context, volume))
    await disk.attach()
    await disk.activate()
    const { outcome } = await context.outcome('Volume.destroy', { sr: sr.handle ?? '', key: volume.key })
    if (outcome.ok) sr.forget(volume.key)
    await disk.deactivate()
    await disk.detach()
    if (!outcome.ok) await destroy(context, sr, volume)
  }),
  story(['DP-READONLY-001', 'DP-READONLY-002'], 'shared', async (context) => {
    const { uri } = await scratchDisk(context)
    const first = new Disk(context, uri)
    const second = new Disk(context, uri)
    const backend = await first.attach()
    await context.step('DP-READONLY-001', async () => {
      await first.activateReadonly()
      await first.activateReadonly()
      await opened(backend, async (access) => void (await access.read(0, 512)), false)
    })
    await context.judge('DP-READONLY-002', async () => {
      const other = await second.attach()
      await second.activateReadonly()
      await opened(other, async (access) => void (await access.read(0, 512)), false)
      await opened(backend, async (access) => void (await access.read(0, 512)), false)
      await second.deactivate()
      await second.detach()
    })
    await first.deactivate()
    await first.detach()
  }),
  check('DP-READONLY-003', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const snapshot = await snapshotOf(context, sr, await newVolume(context, sr))
    await reading(context, uriOf(context, snapshot), async (access) => void (await access.read(0, 512)))
  }),
  check('DP-STATE-001', 'shared', wander),
  check('DP-STATE-002', 'shared', async (context) => {
    const { uri } = await scratchDisk(context)
    const source = new Disk(context, uri)
    const destination = new Disk(context, uri)
    await source.attach()
    await source.activate()
    const backend = await destination.attach()
    await source.deactivate()
    await destination.activate()
    await opened(backend, async (access) => void (await access.read(0, 512)))
    await source.deactivate()
    await source.detach()
    await opened(backend, async (access) => void (await access.read(0, 512)))
    await destination.deactivate()
    await destination.deactivate()
    await destination.detach()
  }),
]

async function life(context: Context): Promise<void> {
  const { uri, volume } = await scratchDisk(context, SMALL + 1)
  const disk = new Disk(context, uri)
  const backend = await disk.attach()
  await context.judge('DP-ATTACH-001', async () => {
    demand(backend.implementations.length > 0, 'at least one implementation', backend)
  })
  await context.judge('DP-ATTACH-002', async () => demandEqual(await disk.attach(), backend, 'the same answer'))
  await context.judge('DP-ATTACH-003', async () => {
    demand(usable(backend).length > 0, 'BlockDevice, File or Nbd', backend.implementations)
  })
  await context.judge('DP-ATTACH-004', async () => {
    demand(
      backend.implementations.some(([tag]) => tag === 'XenDisk'),
      'a XenDisk',
      backend.implementations,
    )
  })
  await context.step('DP-ACTIVATE-001', async () => {
    await disk.activate()
  })
  await context.judge('DP-ACTIVATE-002', async () => {
    await disk.activate()
  })
  await context.judge('DP-ATTACH-005', async () => {
    for (const implementation of usable(backend)) await (await openImplementation(implementation)).close()
  })
  await context.judge('DP-ATTACH-006', async () => {
    for (const implementation of usable(backend)) {
      const access = await openImplementation(implementation)
      await access.close()
      demandEqual(access.size, BigInt(volume?.virtual_size ?? access.size), `the size of ${describe(implementation)}`)
    }
  })
  await context.step('DP-DEACTIVATE-001', async () => {
    await disk.deactivate()
  })
  await context.judge('DP-DEACTIVATE-003', async () => {
    await disk.activate()
    await opened(backend, async (access) => void (await access.read(0, 512)))
    await disk.deactivate()
  })
  await context.step('DP-DETACH-001', async () => {
    await disk.detach()
  })
  await context.judge('DP-DETACH-002', async () => {
    await disk.detach()
  })
  await context.judge('DP-DEACTIVATE-002', async () => {
    const other = new Disk(context, uri)
    await other.attach()
    await other.deactivate()
    await other.detach()
    await other.deactivate()
  })
}

/** How many steps of a random walk. */
const STEPS = 16

type State = 'detached' | 'attached' | 'activated'
type Step = 'attach' | 'activate' | 'deactivate' | 'detach'

/** The state table of section 11 without what it calls illegal. */
const TABLE: Readonly<Record<State, readonly [[Step, State], ...[Step, State][]]>> = {
  detached: [
    ['attach', 'attached'],
    ['deactivate', 'detached'],
    ['detach', 'detached'],
  ],
  attached: [
    ['attach', 'attached'],
    ['activate', 'activated'],
    ['deactivate', 'attached'],
    ['detach', 'detached'],
  ],
  activated: [
    ['attach', 'activated'],
    ['activate', 'activated'],
    ['deactivate', 'attached'],
  ],
}

/** A random walk through the state table by three domains of one disk. */
async function wander(context: Context): Promise<void> {
  const { uri } = await scratchDisk(context)
  const domains = [0, 1, 2].map(() => ({ disk: new Disk(context, uri), state: 'detached' as State, answer: '' }))
  const steps: string[] = []
  for (let number = 0; number < STEPS; number += 1) {
    const domain = domains[context.random.integer(0, domains.length - 1)]
    if (domain === undefined) continue
    const [step, next] = context.random.pick(TABLE[domain.state])
    steps.push(`${domains.indexOf(domain)}: ${step}`)
    try {
      const answer = await domain.disk[step]()
      if (step === 'attach') await same(domain, answer)
    } catch (error) {
      if (error instanceof Violation) throw new Violation(`${error.expected}, after ${steps.join(', ')}`, error.seen)
      throw error
    }
    domain.state = next
    if (next === 'detached') domain.answer = ''
  }
  for (const { disk, state } of domains) {
    if (state === 'activated') await disk.deactivate()
    if (state !== 'detached') await disk.detach()
  }
}

async function same(domain: { answer: string }, answer: unknown): Promise<void> {
  const text = JSON.stringify(answer)
  if (domain.answer !== '') demandEqual(text, domain.answer, 'the same answer of attach')
  domain.answer = text
}
