/** A disk that is mirrored to another, and then copied to it with other bytes. */

import type { Backend } from '../../access/access.ts'
import { demandPattern, type Pattern, spread, writePattern } from '../../access/pattern.ts'
import type { ClauseId } from '../../clauses.ts'
import type { Context } from '../../context.ts'
import { type Disk, opened } from '../../disks.ts'
import { demandEqual } from '../../violation.ts'
import { SMALL } from '../../volumes.ts'
import { ended, pluginOf, remoteOf, WHOLE } from '../host.ts'

/** The checks of {@link jobs}. */
export const JOBS: readonly ClauseId[] = ['DP-MIRROR-001', 'DATA-COPYJOB-001']

const GOOD = { complete: true, failed: false }

/** A disk that is activated, with what it holds. */
export interface Connected {
  readonly disk: Disk
  readonly backend: Backend
  readonly pattern: Pattern
}

/** @returns the checks that were left out, since the target has no server to write to */
export async function jobs(context: Context, source: Connected, target: Connected): Promise<readonly ClauseId[]> {
  const { uri, domain } = source.disk
  const remote = remoteOf(target.backend)
  if (remote === undefined) return JOBS
  const plugin = pluginOf(context, uri)
  const holds = (bytes: Pattern) =>
    opened(target.backend, (access) => demandPattern(access, bytes, 'the bytes of the source'))
  const finished = async (operation: Parameters<typeof ended>[2]) => {
    const { complete, failed } = await ended(context, uri, operation)
    demandEqual({ complete, failed }, GOOD, 'the job')
  }
  if (context.isAbout('DP-MIRROR-001')) {
    const mirror = await context.call('Data.mirror', { uri, domain, remote })
    await finished(mirror)
    const later = await opened(source.backend, (access) => writePattern(access, context.random, [0]))
    await context.call('Data.cancel', { operation: mirror }, { plugin })
    await context.call('Data.destroy', { operation: mirror }, { plugin })
    const left = await context.call('Data.ls', {}, { plugin })
    demandEqual(
      left.filter((other) => other[1] === mirror[1]),
      [],
      'not the mirror that was destroyed',
    )
    await holds(new Map([...source.pattern, ...later]))
  }
  if (context.isAbout('DATA-COPYJOB-001')) {
    const latest = await opened(source.backend, (access) => writePattern(access, context.random, spread(SMALL)))
    const copy = await context.call('Data.copy', { uri, domain, remote, blocklist: WHOLE })
    await finished(copy)
    await context.outcome('Data.destroy', { operation: copy }, { plugin })
    await holds(latest)
  }
  return []
}
