/** What all checks of a run share. */

import type { Result } from '../contract/methods.ts'
import type { Caller } from './caller.ts'
import type { Level } from './clause.ts'
import type { ClauseId } from './clauses.ts'
import type { Ledger } from './ledger.ts'
import type { Places } from './places.ts'
import type { Resources } from './resources.ts'
import type { Sr } from './sr.ts'
import type { Subjects } from './subjects.ts'

export interface Run {
  /** Unlikely to be in use by anybody else: part of every name that the suite gives. */
  readonly name: string
  readonly seed: number
  readonly level: Level
  /** Checks at the same time. */
  readonly parallel: number
  readonly caller: Caller
  readonly subjects: Subjects
  readonly ledger: Ledger
  readonly resources: Resources
  readonly places: Places
  /** Values that must not appear anywhere. */
  readonly secrets: readonly string[]
  /** Directory of the suite's own, and the temporary directory that plugins are given. */
  readonly scratch: string
  readonly temporary: string
  readonly environment: Readonly<Record<string, string>>
  /** What cannot be left out: PATH, and what the operator of the host sets. */
  readonly leastEnvironment: Readonly<Record<string, string>>
  /** URI of a scratch volume, to judge a datapath plugin alone. */
  readonly uri: string | undefined
  readonly signal: AbortSignal
  readonly selected: (id: ClauseId) => boolean
  readonly startedAt: Date
  /** Words that only this run has used: its name, the uuids of its SRs, the keys of its volumes. */
  readonly marks: Set<string>
  /** Leave what was made. */
  readonly keep: boolean
  /** What could not be removed, or was left. */
  readonly left: string[]
  /** Whether a disk has been attached, activated and let go. */
  hasUsedDisks: boolean
  /** URI → the domains that the suite has attached it to. */
  readonly attached: Map<string, Set<string>>
  /** Features of formats that the plugin declares, and of which it has said that the SRs of this run lack them. */
  readonly lacking: Set<string>
  /** The volume that samples of calls share, made when it is first needed. */
  sampleVolume: Promise<Result<'Volume.stat'>> | undefined
  /** The SR that checks share, made when it is first needed. */
  sharedSr: Promise<Sr> | undefined
}
