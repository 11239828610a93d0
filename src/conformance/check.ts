import type { ClauseId } from './clauses.ts'
import type { Context } from './context.ts'

/**
 * When a check runs: see index.ts. Checks of one phase run in parallel, those of `alone` one by one; where there is room
 * for many SRs, all that come before `alone` do.
 */
export type Phase = 'first' | 'own-sr' | 'shared' | 'alone'

export const PHASES: readonly Phase[] = ['first', 'own-sr', 'shared', 'alone']

/** Judges one or several clauses. */
export interface Check {
  readonly clauses: readonly [ClauseId, ...ClauseId[]]
  readonly phase: Phase
  readonly run: (context: Context) => Promise<void>
}

/** A check of one clause: its whole body is about it. */
export function check(id: ClauseId, phase: Phase, body: (context: Context) => Promise<void>): Check {
  return { clauses: [id], phase, run: (context) => context.judge(id, () => body(context)) }
}

/** A check of several clauses on one preparation; its body judges each of them. */
export function story(clauses: Check['clauses'], phase: Phase, run: Check['run']): Check {
  return { clauses, phase, run }
}
