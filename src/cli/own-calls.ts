import type { Log } from './log.ts'
import type { CallHost } from './session.ts'

/** More calls than one verb makes. */
const CALLS = 100

/** Logs, at debug, the calls that this process made: the ids in the trace tell, by the process in their middle. */
export function logOwnCalls(host: CallHost, log: Log): void {
  if (!log.isOn('debug')) return
  const own = process.pid.toString(36).padStart(5, '0')
  const { records } = host.trace.list({ last: CALLS })
  for (const { id, method, plugin, argv, duration, end, exitStatus, outcome } of records) {
    if (id.split('-')[1] === own)
      log.write('debug', method, { id, plugin, argv, duration, end, exitStatus, ...outcome })
  }
}
