/** The daemon as a process: signals, supervision, exit status. */
import { constants } from 'node:os'
import { asSmapiv3Error } from '../../contract/errors.ts'
import type { Log } from '../log.ts'
import { claimAlone } from './alone.ts'
import { Daemon } from './daemon.ts'
import type { DaemonOptions } from './options.ts'
import { Supervisor } from './supervisor.ts'

/** As the reference toolstack's daemon says it. */
const FAILED_TO_START = 2

/**
 * Serves until SIGTERM or SIGINT, and returns the exit status. The first one drains; a second one ends the process at
 * once. SIGHUP looks for plugins anew.
 */
export async function runDaemon(options: DaemonOptions, log: Log): Promise<number> {
  process.on('unhandledRejection', (reason) => {
    const error = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)
    log('error', { error }, 'a defect of the daemon: it goes on, please report it')
  })
  process.on('uncaughtExceptionMonitor', (error) => {
    log('error', { error: error.stack ?? error.message }, 'a defect of the daemon: it ends, please report it')
  })
  const supervisor = await Supervisor.find(log)
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    let hasStopped = false
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        if (hasStopped) process.exit(128 + constants.signals[name])
        hasStopped = true
        resolve(name)
      })
    }
  })
  let daemon: Daemon
  try {
    await claimAlone(options.stateDirectory)
    daemon = new Daemon(options, log)
    process.on('SIGHUP', () => void rescan(daemon, log))
    await Promise.race([daemon.start(), stopped])
  } catch (thrown) {
    const error = asSmapiv3Error(thrown)
    log('error', { code: error.code, recovery: error.recovery }, `the daemon cannot start: ${error.message}`)
    supervisor.close()
    return FAILED_TO_START
  }
  supervisor.ready('serving plugins')
  const signal = await stopped
  log('info', { signal }, 'the daemon stops: it takes no further request and waits for those that run')
  supervisor.stopping()
  await daemon.stop()
  log('info', {}, 'the daemon has stopped')
  supervisor.close()
  return 0
}

async function rescan(daemon: Daemon, log: Log): Promise<void> {
  try {
    log('info', {}, 'SIGHUP: looking for plugins')
    await daemon.rescan()
  } catch (error) {
    log('error', { error: asSmapiv3Error(error).message }, 'the rescan failed')
  }
}
