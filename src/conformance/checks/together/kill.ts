/** One disk in whose usual life each call is killed before it is made. */
import { demandPattern, type Pattern, spread, writePattern } from '../../access/pattern.ts'
import { Disk, opened, scratchDisk } from '../../disks.ts'
import type { Together } from '../../together.ts'
import { SMALL } from '../../volumes.ts'
import { kill, TIMES } from '../kill.ts'

export const KILL_TOGETHER: Together = {
  checks: ['ROB-KILL-008'],
  async run(context) {
    const { uri } = await scratchDisk(context)
    const disk = new Disk(context, uri)
    const params = { uri, domain: disk.domain }
    let pattern: Pattern = new Map()
    disk.register()
    for (let time = 0; time < TIMES; time += 1) {
      await kill(context, 'Datapath.attach', params)
      const backend = await disk.attach()
      await kill(context, 'Datapath.activate', params)
      await disk.activate()
      const before = pattern
      pattern = await opened(backend, async (access) => {
        await demandPattern(access, before, 'what was written before')
        return writePattern(access, context.random, spread(SMALL))
      })
      await kill(context, 'Datapath.deactivate', params)
      await disk.deactivate()
      await kill(context, 'Datapath.detach', params)
      await disk.detach()
      disk.register()
    }
    const again = await disk.attach()
    await disk.activate()
    await opened(again, (access) => demandPattern(access, pattern, 'what was written before'))
    await disk.deactivate()
    await disk.detach()
  },
}
