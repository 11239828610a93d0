/** What checks found, clause by clause, and what follows from what. */
import type { TraceRecord } from '../invoke/trace-record.ts'
import { causeOf } from './cause.ts'
import { CLAUSE_IDS, CLAUSES, type ClauseId } from './clauses.ts'
import type { ClauseReport, Outcome } from './report.ts'
import { reproduction } from './reproduction.ts'
import { CallFailed, isFinding, NotApplicable, Violation } from './violation.ts'

interface Failure {
  readonly expected: string
  readonly seen: string
  readonly call: TraceRecord | undefined
  readonly calls: readonly TraceRecord[]
  /** The clause that the failed call, or what was found, would speak against, were it not this one. */
  readonly cause?: ClauseId
  /** Whether no check of one thing has found it. */
  readonly isUnexplained?: boolean
}

/** What is known of one clause. */
interface Entry {
  seconds: number
  passed: boolean
  failure?: Failure
  /** What another check saw of it. */
  evidence?: Failure
  readonly blockedBy: Set<ClauseId>
  skipped?: NotApplicable
}

export class Ledger {
  readonly #entries = new Map<ClauseId, Entry>()
  readonly #onSettled: (id: ClauseId) => void

  constructor(onSettled: (id: ClauseId) => void) {
    this.#onSettled = onSettled
  }

  /** Whether a check has said something about a clause. */
  knows(id: ClauseId): boolean {
    const entry = this.#entries.get(id)
    return entry !== undefined && (entry.passed || !!entry.failure || !!entry.skipped || entry.blockedBy.size > 0)
  }

  /** Whether all that checks said about a clause is that it holds. */
  holds(id: ClauseId): boolean {
    const { passed, failure, evidence, blockedBy } = this.#entry(id, 0)
    return passed && failure === undefined && evidence === undefined && blockedBy.size === 0
  }

  pass(id: ClauseId, seconds: number): void {
    const entry = this.#entry(id, seconds)
    entry.passed = true
    this.#onSettled(id)
  }

  /**
   * Enters what the body of a clause threw.
   * @returns false where it is none of the things that checks throw: a defect of the suite
   */
  enter(id: ClauseId, thrown: unknown, calls: readonly TraceRecord[], seconds: number): boolean {
    if (!isFinding(thrown)) return false
    const entry = this.#entry(id, seconds)
    if (thrown instanceof NotApplicable) entry.skipped = thrown
    else {
      const failure = failureOf(thrown, calls)
      const { cause } = failure
      const isElsewhere = thrown instanceof CallFailed && cause !== undefined && !isOwn(thrown, id, cause)
      if (!isElsewhere) entry.failure ??= failure
      else {
        entry.blockedBy.add(cause)
        this.#entry(cause, 0).evidence ??= failure
      }
    }
    this.#onSettled(id)
    return true
  }

  /**
   * Enters against a clause what was found while much was looked at together, and not again where each was looked at for
   * itself: it follows from what else is wrong with the methods that were called, if anything is.
   */
  enterUnexplained(id: ClauseId, thrown: Violation | CallFailed, calls: readonly TraceRecord[]): void {
    this.#entry(id, 0).failure ??= { ...failureOf(thrown, calls), isUnexplained: true }
    this.#onSettled(id)
  }

  /** A clause could not be judged because another does not hold. */
  block(id: ClauseId, cause: ClauseId): void {
    this.#entry(id, 0).blockedBy.add(cause)
    this.#onSettled(id)
  }

  /** One report for each clause that something is known of, in the order of the table. */
  reports(): ClauseReport[] {
    const resolved = new Map<ClauseId, ClauseReport>()
    return CLAUSE_IDS.flatMap((id) => {
      const entry = this.#entries.get(id)
      return entry === undefined || !(this.knows(id) || entry.evidence) ? [] : [this.#resolve(id, resolved, [])]
    })
  }

  #resolve(id: ClauseId, resolved: Map<ClauseId, ClauseReport>, path: readonly ClauseId[]): ClauseReport {
    const known = resolved.get(id)
    if (known !== undefined) return known
    const entry = this.#entry(id, 0)
    const after = (CLAUSES[id].after ?? []) as readonly ClauseId[]
    const found = entry.failure ?? entry.evidence
    const { cause } = found ?? {}
    const candidates = [
      ...entry.blockedBy,
      ...(cause === undefined ? [] : [cause]),
      ...(found ? after : []),
      ...(found?.isUnexplained ? this.#failuresAbout(found.calls) : []),
    ]
    const because = candidates
      .filter((other) => other !== id && !path.includes(other) && this.#entries.has(other))
      .map((other) => this.#resolve(other, resolved, [...path, id]))
      .flatMap(({ id: other, outcome, because = [] }) =>
        outcome === 'failed' ? [other] : outcome === 'follows' ? because : [],
      )
      // Where two follow from each other, the second one is the cause.
      .filter((other) => other !== id)
    const report = reportOf(id, entry, [...new Set(because)])
    if (path.length === 0) resolved.set(id, report)
    return report
  }

  /** The clauses about methods that were called of which a check has found that they do not hold. */
  #failuresAbout(calls: readonly TraceRecord[]): readonly ClauseId[] {
    const called = new Set<string>(calls.map(({ method }) => method))
    return [...this.#entries]
      .filter(([, { failure }]) => failure !== undefined && !failure.isUnexplained)
      .map(([id]) => id)
      .filter((id) => CLAUSES[id].about.some((method) => called.has(method)))
  }

  #entry(id: ClauseId, seconds: number): Entry {
    const entry = this.#entries.get(id) ?? { seconds: 0, passed: false, blockedBy: new Set<ClauseId>() }
    entry.seconds += seconds
    this.#entries.set(id, entry)
    return entry
  }
}

function failureOf(thrown: Violation | CallFailed, calls: readonly TraceRecord[]): Failure {
  if (thrown instanceof Violation) {
    const { expected, seen, call, because } = thrown
    return { expected, seen, call, calls, ...(because === undefined ? {} : { cause: because }) }
  }
  const { method, error, call } = thrown
  return {
    expected: `${method} succeeds`,
    seen: `${error.code}: ${error.message}`,
    call,
    calls,
    cause: causeOf(thrown),
  }
}

/** Whether a failed call speaks against the clause whose check has made it. */
function isOwn(failed: CallFailed, id: ClauseId, cause: ClauseId): boolean {
  return failed.isOwn || cause === id || CLAUSES[id].about.includes(failed.method)
}

function reportOf(id: ClauseId, entry: Entry, because: readonly ClauseId[]): ClauseReport {
  const { level } = CLAUSES[id]
  const base = { id, level, seconds: entry.seconds }
  const failure = entry.failure ?? entry.evidence
  const outcome = outcomeOf(entry, because)
  if (outcome === 'follows') return { ...base, outcome, because }
  if (outcome === 'failed' && failure !== undefined) {
    const { expected, seen } = failure
    const call = failure.call ?? failure.calls.at(-1)
    // The call may have been made by another check, on whose preparations this one stands.
    const calls = call === undefined || failure.calls.includes(call) ? failure.calls : [...failure.calls, call]
    return { ...base, outcome, expected, seen, calls, ...(call === undefined ? {} : { command: reproduction(call) }) }
  }
  if (outcome === 'skipped' && entry.skipped !== undefined)
    return { ...base, outcome, reason: entry.skipped.message, judgeable: entry.skipped.remedy !== undefined }
  return { ...base, outcome }
}

function outcomeOf({ failure, evidence, blockedBy, skipped }: Entry, because: readonly ClauseId[]): Outcome {
  if (because.length > 0) return 'follows'
  if (failure !== undefined || evidence !== undefined) return 'failed'
  if (blockedBy.size > 0) return 'follows'
  return skipped === undefined ? 'passed' : 'skipped'
}
