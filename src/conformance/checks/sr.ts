/** Checks on the SR that all share: attaching again, describing, naming, listing, probing. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Result } from '../../contract/methods.ts'
import { schemeOf } from '../../contract/uri.ts'
import { type Check, check, story } from '../check.ts'
import type { Context } from '../context.ts'
import { ownSr, sharedSr } from '../sr-fixture.ts'
import { demand, demandEqual, NotApplicable, Violation } from '../violation.ts'
import { handleOf, listed, newVolume, stat, unchanging } from '../volumes.ts'
import { sampleVolume } from './samples.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export const SR_CHECKS: readonly Check[] = [
  story(['SR-ATTACH-001', 'SR-ATTACH-002', 'SR-ATTACH-003', 'SR-ATTACH-004'], 'shared', async (context) => {
    const sr = await sharedSr(context)
    const handle = handleOf(sr)
    await context.judge('SR-ATTACH-001', async () => demand(handle !== '', 'a handle', handle))
    await context.judge('SR-ATTACH-002', async () => {
      demandEqual(await context.call('SR.attach', { configuration: sr.complete }), handle, 'the same handle')
    })
    await context.judge('SR-ATTACH-003', async () => {
      await context.call('SR.stat', { sr: handle })
    })
    await context.judge('SR-ATTACH-004', async () => {
      const configuration = context.run.places.missing()
      const called = await context.outcome('SR.attach', { configuration })
      if (called.outcome.ok) await context.outcome('SR.detach', { sr: called.outcome.value })
      context.demandRefused(called, 'nothing is there')
    })
  }),
  story(
    ['SR-STAT-001', 'SR-STAT-002', 'SR-STAT-003', 'SR-STAT-004', 'SR-STAT-006', 'SR-STAT-007'],
    'shared',
    async (context) => {
      const shared = await sharedSr(context)
      const sr = handleOf(shared)
      let answered: Result<'SR.stat'> | undefined
      await context.judge('SR-STAT-001', async () => {
        answered = await context.call('SR.stat', { sr })
      })
      const seen = answered ?? (await context.call('SR.stat', { sr }))
      const { free_space: free, total_space: total, uuid, datasources } = seen
      await context.judge('SR-STAT-002', async () => demandEqual(seen.sr, sr, 'the handle'))
      await context.judge('SR-STAT-003', async () => {
        demand(total > 0 && free >= 0 && free <= total, '0 ≤ free_space ≤ total_space, and total_space above 0', {
          free_space: free,
          total_space: total,
        })
      })
      await context.judge('SR-STAT-004', async () => {
        // By now others may have given it work for longer than anybody waits.
        const wasHealthy = shared.fresh?.health[0] === 'Healthy'
        const health = wasHealthy ? shared.fresh?.health : await settledHealth(context, seen)
        demand(health?.[0] === 'Healthy', 'Healthy', health)
      })
      await context.judge('SR-STAT-006', async () => {
        if (uuid === undefined) throw new NotApplicable('needs a uuid in SR.stat, which the plugin leaves out')
        demand(UUID.test(uuid), 'a uuid', uuid)
      })
      await context.judge('SR-STAT-007', async () => {
        demandEqual(
          datasources.filter((source) => schemeOf(source) === undefined),
          [],
          'no datasource without a scheme',
        )
      })
    },
  ),
  check('SR-NAME-001', 'shared', async (context) => {
    const sr = handleOf(await sharedSr(context))
    const name = context.name('renamed')
    await context.call('SR.set_name', { sr, new_name: name })
    demandEqual((await context.call('SR.stat', { sr })).name, name, 'the name that was set')
  }),
  check('SR-DESC-001', 'shared', async (context) => {
    const sr = handleOf(await sharedSr(context))
    await context.call('SR.set_description', { sr, new_description: 'two\nlines' })
    demandEqual((await context.call('SR.stat', { sr })).description, 'two\nlines', 'the description that was set')
  }),
  story(['SR-LS-001', 'SR-LS-002', 'SR-LS-003', 'SR-LS-004', 'SR-LS-005'], 'shared', async (context) => {
    const sr = await sharedSr(context)
    await context.judge('SR-LS-001', async () => {
      await context.call('SR.ls', { sr: handleOf(sr) })
    })
    const volume = await newVolume(context, sr)
    const second = await newVolume(context, sr)
    const all = await context.call('SR.ls', { sr: handleOf(sr) })
    const record = all.find(({ key }) => key === volume.key)
    await context.judge('SR-LS-002', async () => demand(record !== undefined, `a record of ${volume.key}`, keysOf(all)))
    await context.judge('SR-LS-004', async () => {
      if (record === undefined) throw new Violation(`a record of ${volume.key}`, keysOf(all))
      demandEqual(unchanging(record), unchanging(await stat(context, sr, volume)), 'what Volume.stat answers')
    })
    await context.judge('SR-LS-005', async () => {
      const keys = all.map(({ key }) => key)
      const uuids = all.flatMap(({ uuid }) => (uuid === undefined ? [] : [uuid]))
      const twice = [keys, uuids].flatMap((ids) => ids.filter((id, index) => ids.indexOf(id) !== index))
      demandEqual(twice, [], 'no key and no uuid twice')
    })
    await context.judge('SR-LS-003', async () => {
      await context.call('Volume.destroy', { sr: handleOf(sr), key: second.key })
      sr.forget(second.key)
      demand(
        (await listed(context, sr, second)) === undefined,
        'no record of the volume that was destroyed',
        second.key,
      )
    })
  }),
  story(
    ['SR-PROBE-001', 'SR-PROBE-002', 'SR-PROBE-003', 'SR-PROBE-004', 'SR-PROBE-006', 'SR-PROBE-007'],
    'shared',
    async (context) => {
      const sr = await sharedSr(context)
      const volume = await sampleVolume(context, sr)
      const configuration = sr.given
      let answered: Result<'SR.probe'> | undefined
      await context.judge('SR-PROBE-001', async () => {
        answered = await context.call('SR.probe', { configuration })
      })
      const results = answered ?? (await context.call('SR.probe', { configuration }))
      await context.judge('SR-PROBE-002', async () => {
        const partial = results.filter((result) => 'sr_uuid' in result.configuration && !result.complete)
        demandEqual(partial, [], 'no result with sr_uuid that is not complete')
      })
      await context.judge('SR-PROBE-003', async () => {
        const nameless = results.filter((result) => result.sr !== undefined && !('sr_uuid' in result.configuration))
        demandEqual(nameless, [], 'no result with an SR and without sr_uuid')
      })
      await context.judge('SR-PROBE-004', async () => {
        demand(
          results.some((result) => describes(result, sr.uuid)),
          `a result with the SR ${sr.uuid}`,
          results,
        )
      })
      await context.judge('SR-PROBE-006', async () => {
        const again = await context.call('SR.probe', { configuration })
        const found = (list: typeof results) => list.map((result) => result.configuration)
        demandEqual(found(again), found(results), 'the same results')
        demand((await listed(context, sr, volume)) !== undefined, 'the volumes of the SR', 'one of them is gone')
      })
      await context.judge('SR-PROBE-007', async () => {
        const called = await context.outcome('SR.probe', { configuration: {} })
        if (!called.outcome.ok) context.demandRefused(called, 'the configuration is empty')
      })
    },
  ),
  check('SR-PROBE-005', 'own-sr', async (context) => {
    const sr = await ownSr(context)
    const volume = await newVolume(context, sr)
    await context.call('SR.detach', { sr: handleOf(sr) })
    const results = await context.call('SR.probe', { configuration: sr.given })
    const found = results.find((result) => describes(result, sr.uuid))
    if (found === undefined) throw new Violation(`a result with the SR ${sr.uuid}`, results)
    demand(found.complete, 'a result that is complete', found)
    sr.handle = await context.call('SR.attach', { configuration: found.configuration })
    demand((await listed(context, sr, volume)) !== undefined, 'the volumes of the SR', 'they are not there')
  }),
  check('SR-MISSING-001', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await sampleVolume(context, sr)
    const PATH = join(context.run.scratch, 'nothing')
    mkdirSync(PATH, { recursive: true })
    const environment = { ...context.run.environment, PATH }
    const { outcome } = await context.outcome('SR.ls', { sr: handleOf(sr) }, { environment })
    if (outcome.ok)
      demand(
        outcome.value.some(({ key }) => key === volume.key),
        `a failure, or a list with ${volume.key}`,
        keysOf(outcome.value),
      )
  }),
]

/** Milliseconds in which an SR has recovered from what other checks have done to it. */
const RECOVERY = 60_000

/** The health of an SR, once it has recovered: others destroy volumes of the same SR, which may be work for a while. */
async function settledHealth(context: Context, first: Result<'SR.stat'>): Promise<Result<'SR.stat'>['health']> {
  const end = Date.now() + RECOVERY
  let { health } = first
  for (let pause = 500; health[0] === 'Recovering' && Date.now() < end; pause *= 1.5) {
    await delay(Math.min(pause, end - Date.now()))
    health = (await context.call('SR.stat', { sr: first.sr })).health
  }
  return health
}

function keysOf(volumes: Result<'SR.ls'>): string[] {
  return volumes.map(({ key }) => key)
}

function describes({ configuration, sr }: Result<'SR.probe'>[number], uuid: string): boolean {
  return configuration.sr_uuid === uuid || sr?.uuid === uuid
}
