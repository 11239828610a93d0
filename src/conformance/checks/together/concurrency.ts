/** Volumes that are made, copied and destroyed in every order, all at the same time, while the SR is listed. */
import { sharedSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demandEqual, Violation } from '../../violation.ts'
import { cloneOf, handleOf, newVolume, snapshotOf, type Volume } from '../../volumes.ts'
import { all } from '../all.ts'
import { times } from '../concurrency.ts'
import { type Chain, chainOf, demandLeft, destroyNext, ORDERS, STEPS } from '../copies.ts'

/** Lists of the SR while as many volumes are made or destroyed as there are orders. */
const LISTS = 4

export const CONCURRENCY_TOGETHER: Together = {
  checks: ['ROB-CONC-001', 'ROB-CONC-004', 'ROB-CONC-008', 'VOL-CHAIN-001'],
  async run(context) {
    const sr = await sharedSr(context)
    const list = () => context.call('SR.ls', { sr: handleOf(sr) })
    const staying = await newVolume(context, sr)
    /** Lists the SR a few times, one after the other, while something is done to other volumes. */
    const listing = async <T>(work: Promise<T>, lists = LISTS): Promise<T> => {
      let isOver = false
      const over = work.finally(() => {
        isOver = true
      })
      const scan = async () => {
        for (let listed = 0; listed < lists && !isOver; listed += 1)
          demandListed(await list(), [staying], `a list with ${staying.key}`)
      }
      const [result] = await all<unknown>([over, scan()])
      return result as T
    }
    // One for each order in which a volume, its snapshot and a clone of that can be destroyed.
    const origins = await listing(all(ORDERS.map(() => newVolume(context, sr))))
    demandEqual(new Set(origins.map(({ key }) => key)).size, origins.length, 'different keys')
    const isAboutChains = context.isAbout('VOL-CHAIN-001')
    const chaining = all(
      origins.map(async (origin, index): Promise<Chain> => {
        const order = ORDERS[index] ?? ORDERS[0]
        return isAboutChains ? chainOf(context, sr, order, origin) : { order, left: new Map([[0, origin]]) }
      }),
    )
    const copying = all(
      context.isAbout('ROB-CONC-008')
        ? [...times(2, () => snapshotOf(context, sr, staying)), ...times(2, () => cloneOf(context, sr, staying))]
        : [],
    )
    await all<unknown>([chaining, copying])
    const [chains, copies] = [await chaining, await copying]
    const made = [...chains.flatMap(({ left }) => [...left.values()]), ...copies]
    demandEqual(new Set(made.map(({ key }) => key)).size, made.length, 'different keys')
    demandListed(await list(), made, 'every volume that was made at the same time')
    const destroying = async () => {
      for (const step of STEPS) {
        await all(chains.map((chain) => destroyNext(context, sr, chain, step)))
        if (step !== STEPS.at(-1)) demandLeft(await list(), chains)
      }
    }
    // Also between the steps, so that a list under way meets the next.
    await listing(destroying(), LISTS * STEPS.length)
  },
}

function demandListed(listed: readonly Volume[], wanted: readonly Volume[], what: string): void {
  const keys = listed.map(({ key }) => key)
  const lost = wanted.filter(({ key }) => !keys.includes(key))
  if (lost.length > 0) throw new Violation(what, keys)
}
