/** What a run found. */
import type { TraceRecord } from '../invoke/trace-record.ts'
import type { Level } from './clause.ts'
import type { ClauseId } from './clauses.ts'

/** `follows`: it does not hold because another clause does not, which is named. */
export type Outcome = 'passed' | 'failed' | 'follows' | 'skipped'

export interface ClauseReport {
  readonly id: ClauseId
  readonly level: Level
  readonly outcome: Outcome
  /** Seconds that judging it took. */
  readonly seconds: number
  /** Of a failure: what had to hold, and what was seen instead. */
  readonly expected?: string
  readonly seen?: string
  /** Of a failure: the command, with its stdin, that shows it. */
  readonly command?: string
  /** Of a failure: the calls that led to it, the last one last. Secrets are left out. */
  readonly calls?: readonly TraceRecord[]
  /** The clauses that it follows from. */
  readonly because?: readonly ClauseId[]
  /** Of one that was skipped: what it needs. */
  readonly reason?: string
  /** Of one that was skipped: whether it could have been judged with more given to the suite. */
  readonly judgeable?: boolean
}

/** Calls of one method: how many, and how long they took in seconds. */
export interface MethodTiming {
  readonly method: string
  readonly calls: number
  readonly median: number
  readonly longest: number
}

export interface Verdict {
  /** Whether every MUST that applies holds. */
  readonly conforms: boolean
  /** Whether nothing was left out that could have been judged with more given to the suite. */
  readonly complete: boolean
  /** One sentence. */
  readonly text: string
  readonly passed: Readonly<Record<Level, number>>
  readonly failed: Readonly<Record<Level, number>>
  readonly follows: number
  readonly skipped: number
}

export interface Report {
  /** Absolute path of the plugin. */
  readonly plugin: string
  readonly kind: 'volume' | 'datapath'
  /** Absolute paths of the datapath plugins it was judged with. */
  readonly datapaths: readonly string[]
  readonly seed: number
  readonly level: Level
  /** ISO 8601. */
  readonly startedAt: string
  readonly seconds: number
  readonly interrupted: boolean
  readonly verdict: Verdict
  readonly clauses: readonly ClauseReport[]
  readonly timings: readonly MethodTiming[]
  /** What the suite could not remove, or left because it was told to. */
  readonly left: readonly string[]
}
