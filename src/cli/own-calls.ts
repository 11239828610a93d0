import type { Host } from '../host/host.ts'
import type { Log } from './log.ts'

/** More calls than one verb makes. */
const CALLS = 100

/** Logs, at debug, the calls that this process made: the ids in the trace tell, by the process in their middle. */
export async function logOwnCalls(host: Host, log: Log): Promise<void> {
  if (!log.isOn('debug')) return
  const own = process.pid.toString(36).padStart(5, '0')
  const { records } = await host.trace.list({ last: CALLS })
  for (const { id, method, plugin, argv, duration, end, exitStatus, outcome } of records) {
    if (id.split('-')[1] === own)
      log.write('debug', method, { id, plugin, argv, duration, end, exitStatus, ...outcome })
  }
}
