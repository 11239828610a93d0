/** Three disks that are connected at the same time, one of which several domains attach meanwhile; then one is copied. */
import { demandPattern, spread, writePattern } from '../../access/pattern.ts'
import { Disk, opened, uriOf } from '../../disks.ts'
import { sharedSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { newVolume, SMALL } from '../../volumes.ts'
import { all } from '../all.ts'
import { passing, times } from '../concurrency.ts'
import { type Connected, JOBS, jobs } from './jobs.ts'

export const DISKS_TOGETHER: Together = {
  checks: ['DATA-RANGE-002', 'ROB-CONC-006', 'ROB-CONC-007', ...JOBS],
  async run(context) {
    const sr = await sharedSr(context)
    const volumes = await all(times(3, () => newVolume(context, sr)))
    const disks = volumes.map((volume) => new Disk(context, uriOf(context, volume)))
    const connected = await all(
      disks.map(async (disk) => {
        const backend = await disk.attach()
        await disk.activate()
        return backend
      }),
    )
    const written: Connected[] = []
    for (const [index, backend] of connected.entries()) {
      const pattern = await opened(backend, (access) => writePattern(access, context.random, spread(SMALL)))
      const disk = disks[index]
      if (disk !== undefined) written.push({ disk, backend, pattern })
    }
    if (context.isAbout('ROB-CONC-007')) {
      const [busy] = disks
      if (busy !== undefined) await all(times(4, () => passing(new Disk(context, busy.uri))))
    }
    for (const { backend, pattern } of written)
      await opened(backend, (access) => demandPattern(access, pattern, 'its own bytes'))
    const [source, target] = written
    const areJobs = JOBS.some((id) => context.isAbout(id))
    const leftOut = areJobs && source !== undefined && target !== undefined ? await jobs(context, source, target) : []
    await all(
      disks.map(async (disk) => {
        await disk.deactivate()
        await disk.detach()
      }),
    )
    return leftOut
  },
}
