/** What a daemon needs to know. */
import type { TracingPlace } from './tracing.ts'

export interface DaemonOptions {
  /** Directories with plugins, the first wins. */
  readonly roots: readonly string[]
  /** Directory of attached SRs and disks, the trace and the journal. */
  readonly stateDirectory: string
  /** The toolstack's own file of attached SRs. */
  readonly stateFile?: string | undefined
  /** The socket of message-switch. */
  readonly switchPath?: string | undefined
  /** The socket to listen on for everybody who is not the toolstack. */
  readonly listenPath?: string | undefined
  /** How many requests of one plugin are answered at a time, for each way they come. */
  readonly maxParallel?: number | undefined
  /** Seconds that scripts may take to end when the daemon ends or their plugin has gone. */
  readonly stopTimeout?: number | undefined
  /** Seconds in which the metrics service must answer. */
  readonly metricsTimeout?: number | undefined
  readonly tracing?: TracingPlace | undefined
}

export const DEFAULT_SWITCH = '/var/run/message-switch/sock'
/** Generous: one slow call must not hold up others, as storage migration needs them at the same time. */
export const MAX_PARALLEL = 128
export const STOP_TIMEOUT = 30
