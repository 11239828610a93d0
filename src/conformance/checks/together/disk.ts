/** The life of one disk in the hands of three domains. */
import { type Access, describe, openImplementation, usable } from '../../access/access.ts'
import { demandPattern, type Pattern, spread, writePattern, zeroes } from '../../access/pattern.ts'
import { Disk, opened, scratchDisk } from '../../disks.ts'
import type { Together } from '../../together.ts'
import { demand, demandEqual } from '../../violation.ts'
import { SMALL } from '../../volumes.ts'
import { writeEnds } from '../data.ts'

export const DISK_TOGETHER: Together = {
  checks: [
    'DP-ATTACH-001',
    'DP-ATTACH-007',
    'DP-ATTACH-008',
    'DP-ACTIVATE-003',
    'DP-STATE-002',
    'DATA-KEEP-001',
    'DATA-ZERO-001',
  ],
  async run(context) {
    const { uri, volume } = await scratchDisk(context, SMALL + 1)
    const [one, two, three] = [new Disk(context, uri), new Disk(context, uri), new Disk(context, uri)]
    const holds = (pattern: Pattern) => (access: Access) => demandPattern(access, pattern, 'what was written')
    await context.refused('Datapath.activate', { uri, domain: context.domain() }, 'the disk is not attached')
    const backend = await one.attach()
    demandEqual(await one.attach(), backend, 'the same answer')
    const tags = backend.implementations.map(([tag]) => tag)
    demand(usable(backend).length > 0 && tags.includes('XenDisk'), 'implementations for dom0 and for a guest', tags)
    await one.activate()
    await one.activate()
    for (const implementation of usable(backend)) {
      const access = await openImplementation(implementation)
      await access.close()
      demandEqual(access.size, BigInt(volume?.virtual_size ?? access.size), `the size of ${describe(implementation)}`)
    }
    const pattern = await opened(backend, async (access) => {
      const offsets = spread(Number(access.size))
      if (volume !== undefined) await demandPattern(access, zeroes([...offsets, ...spread(SMALL)]), 'zeroes')
      return writePattern(access, context.random, offsets)
    })
    await one.deactivate()
    await one.activate()
    await opened(backend, holds(pattern))
    // Another domain comes and goes.
    await two.attach()
    await opened(backend, holds(pattern))
    await two.detach()
    await opened(backend, holds(pattern))
    demandEqual(await one.attach(), backend, 'the answer of attach as before')
    await one.activate()
    // A third one takes it over, as in a migration.
    const other = await three.attach()
    await one.deactivate()
    await three.activate()
    await opened(other, holds(pattern))
    await one.deactivate()
    await one.detach()
    const later = await opened(other, async (access) => {
      await demandPattern(access, pattern, 'what was written')
      await writeEnds(context, access)
      return writePattern(access, context.random, [...pattern.keys()])
    })
    await three.deactivate()
    await three.deactivate()
    await three.detach()
    await three.detach()
    // And the first one has it again.
    const again = await one.attach()
    await one.deactivate()
    await one.activate()
    await opened(again, holds(later))
    await one.deactivate()
    await one.detach()
    await one.deactivate()
  },
}
