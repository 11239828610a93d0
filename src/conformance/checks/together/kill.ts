/** One disk in whose usual life each call is killed before it is made, and which then loses what is written to it. */
import { demandPattern, type Pattern, spread, writePattern } from '../../access/pattern.ts'
import { Disk, opened, scratchDisk, using } from '../../disks.ts'
import type { Together } from '../../together.ts'
import { SMALL } from '../../volumes.ts'
import { kill, TIMES } from '../kill.ts'
import { nonpersistent } from './nonpersistent.ts'

export const KILL_TOGETHER: Together = {
  checks: ['ROB-KILL-008', 'DATA-NONPERSISTENT-001'],
  async run(context) {
    const { uri } = await scratchDisk(context)
    const disk = new Disk(context, uri)
    const params = { uri, domain: disk.domain }
    let pattern: Pattern = new Map()
    for (let time = 0; context.isAbout('ROB-KILL-008') && time < TIMES; time += 1) {
      disk.register()
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
    }
    if (context.isAbout('DATA-NONPERSISTENT-001')) await nonpersistent(context, uri, pattern)
    else await using(context, uri, (access) => demandPattern(access, pattern, 'what was written before'), disk.domain)
  },
}
