/** Another disk connected beside one that several domains attach meanwhile, and that is then copied to it. */
import { demandPattern, spread, writePattern } from '../../access/pattern.ts'
import type { ClauseId } from '../../clauses.ts'
import type { Context } from '../../context.ts'
import { Disk, opened, uriOf } from '../../disks.ts'
import { sharedSr } from '../../sr-fixture.ts'
import { newVolume, SMALL } from '../../volumes.ts'
import { all } from '../all.ts'
import { passing, times } from '../concurrency.ts'
import { type Connected, JOBS, jobs } from './jobs.ts'

/** The checks of {@link beside}. */
export const BESIDE: readonly ClauseId[] = ['DATA-RANGE-002', 'ROB-CONC-007', ...JOBS]

/**
 * @param size bytes of the first disk, which the second has as well
 * @returns the checks that were left out
 */
export async function beside(context: Context, first: Connected, size: number): Promise<readonly ClauseId[]> {
  const volume = await newVolume(context, await sharedSr(context), { size })
  const disk = new Disk(context, uriOf(context, volume))
  const backend = await disk.attach()
  await disk.activate()
  const pattern = await opened(backend, (access) => writePattern(access, context.random, spread(SMALL)))
  const second = { disk, backend, pattern }
  if (context.isAbout('ROB-CONC-007')) await all(times(4, () => passing(new Disk(context, first.disk.uri))))
  for (const each of [first, second])
    await opened(each.backend, (access) => demandPattern(access, each.pattern, 'its own bytes'))
  const leftOut = JOBS.some((id) => context.isAbout(id)) ? await jobs(context, first, second) : []
  await disk.deactivate()
  await disk.detach()
  return leftOut
}
