/** Volumes that are made, described, copied and destroyed at the same time, while the SR is listed. */
import { sharedSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demandEqual, Violation } from '../../violation.ts'
import { cloneOf, destroy, handleOf, newVolume, snapshotOf, stat, type Volume } from '../../volumes.ts'
import { all } from '../all.ts'
import { MANY, times } from '../concurrency.ts'

export const CONCURRENCY_TOGETHER: Together = {
  checks: ['ROB-CONC-001', 'ROB-CONC-002', 'ROB-CONC-003', 'ROB-CONC-004', 'ROB-CONC-008'],
  async run(context) {
    const sr = await sharedSr(context)
    const list = () => context.call('SR.ls', { sr: handleOf(sr) })
    const staying = await newVolume(context, sr)
    /** Lists the SR again and again while something is done to other volumes. */
    const listing = async <T>(work: Promise<T>): Promise<T> => {
      let isOver = false
      const over = work.finally(() => {
        isOver = true
      })
      const scan = async () => {
        do demandListed(await list(), [staying], `a list with ${staying.key}`)
        while (!isOver)
      }
      const [result] = await all<unknown>([over, scan()])
      return result as T
    }
    const volumes = await all(times(MANY, () => newVolume(context, sr)))
    demandEqual(new Set(volumes.map(({ key }) => key)).size, MANY, 'different keys')
    demandListed(await list(), volumes, 'every volume that was made at the same time')
    // Many keys of one volume, and some of others.
    const [origin, second, third, ...doomed] = volumes as [Volume, Volume, Volume, ...Volume[]]
    const given = [
      { volume: origin, keys: Object.fromEntries(times(MANY, (index) => [`key-${index}`, `value ${index}`])) },
      { volume: second, keys: { first: 'first', second: 'second' } },
      { volume: third, keys: { first: 'first', second: 'second' } },
    ]
    await all(
      given.flatMap(({ volume: { key }, keys }) =>
        Object.entries(keys).map(([k, v]) => context.call('Volume.set', { sr: handleOf(sr), key, k, v })),
      ),
    )
    for (const { volume, keys } of given) demandEqual((await stat(context, sr, volume)).keys, keys, 'every key')
    const churn = async (volume: Volume) => {
      await destroy(context, sr, volume)
      await destroy(context, sr, await newVolume(context, sr))
    }
    const copying = all([
      ...times(2, () => snapshotOf(context, sr, origin)),
      ...times(2, () => cloneOf(context, sr, origin)),
    ])
    await listing(all<unknown>([copying, all(doomed.map(churn))]))
    const copies = await copying
    demandEqual(new Set(copies.map(({ key }) => key)).size, copies.length, 'different keys')
    demandListed(await list(), copies, 'every copy that was made at the same time')
  },
}

function demandListed(listed: readonly Volume[], wanted: readonly Volume[], what: string): void {
  const keys = listed.map(({ key }) => key)
  const lost = wanted.filter(({ key }) => !keys.includes(key))
  if (lost.length > 0) throw new Violation(what, keys)
}
