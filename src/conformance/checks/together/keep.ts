/** An SR of its own whose volume is connected by two hosts, one after the other, and looked at once it is attached again. */
import { demandPattern } from '../../access/pattern.ts'
import { usingVolume } from '../../disks.ts'
import { attachSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demandEqual } from '../../violation.ts'
import { handleOf, stat } from '../../volumes.ts'
import { all } from '../all.ts'
import { times } from '../concurrency.ts'
import { restarted } from '../host.ts'

export const KEEP_TOGETHER: Together = {
  checks: ['DATA-KEEP-003', 'DATA-KEEP-004', 'ROB-CONC-005'],
  async run(context) {
    const { sr, volume, pattern } = await restarted(context)
    await context.call('SR.detach', { sr: handleOf(sr) })
    const configuration = sr.complete
    const handles = await all(times(4, () => context.call('SR.attach', { configuration })))
    demandEqual(new Set(handles).size, 1, 'handles')
    await attachSr(context, sr)
    const again = await stat(context, sr, volume)
    await usingVolume(context, again, (access) => demandPattern(access, pattern, 'what was written before'))
  },
}
