/** Three disks that are connected at the same time, one of which several domains attach meanwhile. */
import { demandPattern, spread, writePattern } from '../../access/pattern.ts'
import { Disk, opened, uriOf } from '../../disks.ts'
import { sharedSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { newVolume, SMALL } from '../../volumes.ts'
import { all } from '../all.ts'
import { passing, times } from '../concurrency.ts'

export const DISKS_TOGETHER: Together = {
  checks: ['DATA-RANGE-002', 'ROB-CONC-006', 'ROB-CONC-007'],
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
    const written = []
    for (const backend of connected) {
      const pattern = await opened(backend, (access) => writePattern(access, context.random, spread(SMALL)))
      written.push({ backend, pattern })
    }
    if (context.isAbout('ROB-CONC-007')) {
      const [busy] = disks
      if (busy !== undefined) await all(times(4, () => passing(new Disk(context, busy.uri))))
    }
    for (const { backend, pattern } of written)
      await opened(backend, (access) => demandPattern(access, pattern, 'its own bytes'))
    await all(
      disks.map(async (disk) => {
        await disk.deactivate()
        await disk.detach()
      }),
    )
  },
}
