/** The verdict: what holds, and whether all that could be judged was. */
import { LEVELS, type Level } from './clause.ts'
import type { ClauseReport, Outcome, Verdict } from './report.ts'

export interface RunFacts {
  readonly interrupted: boolean
  /** How many clauses were to be judged. */
  readonly wanted: number
  /** What could not be removed. */
  readonly left: readonly string[]
}

export function verdictOf(clauses: readonly ClauseReport[], { interrupted, wanted }: RunFacts): Verdict {
  const passed = byLevel(clauses, 'passed')
  const failed = byLevel(clauses, 'failed')
  const follows = clauses.filter(({ outcome }) => outcome === 'follows').length
  const skipped = clauses.filter(({ outcome }) => outcome === 'skipped')
  const judgeable = skipped.filter((clause) => clause.judgeable === true)
  const isWhole = !interrupted && clauses.length >= wanted
  // What follows from a SHOULD that failed may be a MUST; it is the SHOULD that has to be mended.
  const mustFollows = clauses.some(({ outcome, level }) => outcome === 'follows' && level === 'must')
  const conforms = isWhole && failed.must === 0 && !mustFollows
  const complete = isWhole && judgeable.length === 0
  const text = sentence({ conforms, isWhole, failed, judgeable: judgeable.length, skipped: skipped.length })
  return { conforms, complete, text, passed, failed, follows, skipped: skipped.length }
}

function byLevel(clauses: readonly ClauseReport[], outcome: Outcome): Record<Level, number> {
  const count = (level: Level) =>
    clauses.filter((clause) => clause.outcome === outcome && clause.level === level).length
  return { must: count('must'), should: count('should'), may: count('may') }
}

interface Counts {
  readonly conforms: boolean
  readonly isWhole: boolean
  readonly failed: Readonly<Record<Level, number>>
  readonly judgeable: number
  readonly skipped: number
}

function sentence({ conforms, isWhole, failed, judgeable, skipped }: Counts): string {
  if (!isWhole) return 'The run was interrupted: there is no verdict.'
  const failures = LEVELS.filter((level) => failed[level] > 0).map((level) => `${failed[level]} ${level.toUpperCase()}`)
  const found = conforms
    ? `The plugin conforms: every MUST that applies holds${failures.length > 0 ? `; ${failures.join(' and ')} ${failures.length === 1 && failed.should + failed.may === 1 ? 'does' : 'do'} not` : ''}.`
    : `The plugin does not conform: ${failures.join(', ')} failed.`
  if (judgeable > 0)
    return `${found} The verdict is incomplete: ${judgeable} clauses were skipped that could be judged with more given to the suite.`
  return skipped > 0 ? `${found} Skipped is only what the plugin does not offer.` : found
}
