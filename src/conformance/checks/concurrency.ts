/** Checks with many calls at the same time, and with many volumes. */
import pLimit from 'p-limit'
import { type Check, check, story } from '../check.ts'
import type { Context } from '../context.ts'
import { Disk, opened, scratchDisk, uriOf } from '../disks.ts'
import { attachSr, ownSr, sharedSr } from '../sr-fixture.ts'
import { demand, demandEqual } from '../violation.ts'
import { cloneOf, destroy, handleOf, KIB, newVolume, snapshotOf, stat } from '../volumes.ts'
import { all } from './all.ts'
import { blaming } from './samples.ts'

/** Calls at the same time. */
const MANY = 6
const VOLUMES = 100
/** Seconds for listing them. */
const LONGEST_LIST = 5

export const CONCURRENCY_CHECKS: readonly Check[] = [
  check('ROB-CONC-001', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volumes = await Promise.all(times(MANY, () => newVolume(context, sr)))
    demandEqual(new Set(volumes.map(({ key }) => key)).size, MANY, 'different keys')
    const listed = new Set((await context.call('SR.ls', { sr: handleOf(sr) })).map(({ key }) => key))
    demandEqual(
      volumes.filter(({ key }) => !listed.has(key)),
      [],
      'no volume that is not listed',
    )
  }),
  check('ROB-CONC-002', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const expected = Object.fromEntries(times(MANY, (index) => [`key-${index}`, `value ${index}`]))
    const at = { sr: handleOf(sr), key: volume.key }
    await Promise.all(Object.entries(expected).map(([k, v]) => context.call('Volume.set', { ...at, k, v })))
    demandEqual((await stat(context, sr, volume)).keys, expected, 'every key')
  }),
  check('ROB-CONC-003', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volumes = [await newVolume(context, sr), await newVolume(context, sr), await newVolume(context, sr)]
    const set = ({ key }: { key: string }, k: string) => context.call('Volume.set', { sr: handleOf(sr), key, k, v: k })
    await Promise.all(volumes.flatMap((volume) => [set(volume, 'first'), set(volume, 'second')]))
    for (const volume of volumes)
      demandEqual(
        (await stat(context, sr, volume)).keys,
        { first: 'first', second: 'second' },
        'both keys of each volume',
      )
  }),
  check('ROB-CONC-004', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const staying = await newVolume(context, sr)
    let isOver = false
    const churn = times(3, async () => {
      for (let time = 0; time < 2; time += 1) await destroy(context, sr, await newVolume(context, sr))
    })
    const over = all<unknown>(churn).finally(() => {
      isOver = true
    })
    const scans = times(2, async () => {
      do {
        const volumes = await context.call('SR.ls', { sr: handleOf(sr) })
        demand(
          volumes.some(({ key }) => key === staying.key),
          `a list with ${staying.key}`,
          volumes.map(({ key }) => key),
        )
      } while (!isOver)
    })
    await all<unknown>([over, ...scans])
  }),
  check('ROB-CONC-005', 'own-sr', async (context) => {
    const sr = await ownSr(context)
    await context.call('SR.detach', { sr: handleOf(sr) })
    const configuration = sr.complete
    const handles = await Promise.all(times(4, () => context.call('SR.attach', { configuration })))
    demandEqual(new Set(handles).size, 1, 'handles')
    await context.call('SR.stat', { sr: await attachSr(context, sr) })
  }),
  check('ROB-CONC-006', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volumes = await Promise.all(times(3, () => newVolume(context, sr)))
    await all(volumes.map((volume) => cycle(context, new Disk(context, uriOf(context, volume)))))
  }),
  check('ROB-CONC-007', 'shared', async (context) => {
    const { uri } = await scratchDisk(context)
    const holder = new Disk(context, uri)
    const backend = await holder.attach()
    await holder.activate()
    await all(times(4, () => passing(new Disk(context, uri))))
    await opened(backend, async (access) => void (await access.read(0, 512)))
    await holder.deactivate()
    await holder.detach()
  }),
  check('ROB-CONC-008', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const origin = await newVolume(context, sr)
    const copies = await Promise.all([
      ...times(2, () => snapshotOf(context, sr, origin)),
      ...times(2, () => cloneOf(context, sr, origin)),
    ])
    demandEqual(new Set(copies.map(({ key }) => key)).size, 4, 'different keys')
    const listed = new Set((await context.call('SR.ls', { sr: handleOf(sr) })).map(({ key }) => key))
    demandEqual(
      copies.filter(({ key }) => !listed.has(key)),
      [],
      'no copy that is not listed',
    )
  }),
  story(['ROB-MANY-001', 'ROB-MANY-002'], 'own-sr', async (context) => {
    const sr = await ownSr(context)
    const limit = pLimit(4)
    const volumes = await blaming(() =>
      Promise.all(times(VOLUMES, () => limit(() => newVolume(context, sr, { size: 64 * KIB })))),
    )
    const { outcome, record, method } = await context.outcome('SR.ls', { sr: handleOf(sr) })
    await context.judge('ROB-MANY-001', async () => {
      const listed = new Set(
        context.succeeded({ outcome, record, method, invocation: undefined }).map(({ key }) => key),
      )
      demandEqual(volumes.filter(({ key }) => !listed.has(key)).length, 0, 'volumes that are not listed')
    })
    await context.judge('ROB-MANY-002', async () => {
      let seconds = record?.duration ?? 0
      // The machine may have been busy with something else: what counts is the better of two.
      if (seconds >= LONGEST_LIST) {
        const again = await context.outcome('SR.ls', { sr: handleOf(sr) })
        seconds = Math.min(seconds, again.record?.duration ?? seconds)
      }
      demand(seconds < LONGEST_LIST, `less than ${LONGEST_LIST} s`, `${seconds.toFixed(1)} s`)
    })
  }),
]

async function cycle(context: Context, disk: Disk): Promise<void> {
  const backend = await disk.attach()
  await disk.activate()
  await opened(backend, async (access) => {
    const bytes = context.random.bytes(512)
    await access.write(0, bytes)
    await access.flush()
    demand((await access.read(0, 512)).equals(bytes), 'what was written', 'other bytes')
  })
  await disk.deactivate()
  await disk.detach()
}

/** A domain that comes and goes without using its disk. */
export async function passing(disk: Disk): Promise<void> {
  await disk.attach()
  await disk.deactivate()
  await disk.detach()
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
