/** One disk that is mirrored to another, and then copied to it with other bytes. */
import { demandPattern, spread, writePattern } from '../../access/pattern.ts'
import { Disk, opened, scratchDisk } from '../../disks.ts'
import type { Together } from '../../together.ts'
import { demandEqual } from '../../violation.ts'
import { SMALL } from '../../volumes.ts'
import { destination, ended, pluginOf, WHOLE } from '../host.ts'

const GOOD = { complete: true, failed: false }

export const JOBS_TOGETHER: Together = {
  checks: ['DP-MIRROR-001', 'DATA-COPYJOB-001'],
  async run(context) {
    const { uri } = await scratchDisk(context)
    const disk = new Disk(context, uri)
    const { domain } = disk
    const backend = await disk.attach()
    await disk.activate()
    const target = await destination(context)
    const { remote } = target
    const plugin = pluginOf(context, uri)
    const pattern = await opened(backend, (access) => writePattern(access, context.random, spread(SMALL)))
    const holds = (bytes: typeof pattern) =>
      opened(target.backend, (access) => demandPattern(access, bytes, 'the bytes of the source'))
    const finished = async (operation: Parameters<typeof ended>[2]) => {
      const { complete, failed } = await ended(context, uri, operation)
      demandEqual({ complete, failed }, GOOD, 'the job')
    }
    if (context.isAbout('DP-MIRROR-001')) {
      const mirror = await context.call('Data.mirror', { uri, domain, remote })
      await finished(mirror)
      const later = await opened(backend, (access) => writePattern(access, context.random, [0]))
      await context.call('Data.cancel', { operation: mirror }, { plugin })
      await context.call('Data.destroy', { operation: mirror }, { plugin })
      const left = await context.call('Data.ls', {}, { plugin })
      demandEqual(
        left.filter((other) => other[1] === mirror[1]),
        [],
        'not the mirror that was destroyed',
      )
      await holds(new Map([...pattern, ...later]))
    }
    if (context.isAbout('DATA-COPYJOB-001')) {
      const latest = await opened(backend, (access) => writePattern(access, context.random, spread(SMALL)))
      const copy = await context.call('Data.copy', { uri, domain, remote, blocklist: WHOLE })
      await finished(copy)
      await context.outcome('Data.destroy', { operation: copy }, { plugin })
      await holds(latest)
    }
    for (const each of [target.disk, disk]) {
      await each.deactivate()
      await each.detach()
    }
  },
}
