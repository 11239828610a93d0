/** What checks throw: a rule that does not hold, a call that failed, something that cannot be checked here. */
import type { Smapiv3Error } from '../contract/errors.ts'
import { stringifyJson } from '../contract/json.ts'
import type { MethodName } from '../contract/methods.ts'
import type { TraceRecord } from '../invoke/trace-record.ts'
import type { ClauseId } from './clauses.ts'

/** A clause does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly expected: string
  readonly seen: string
  /** The call that shows it; the last one by default. */
  readonly call: TraceRecord | undefined
  /** The clause that the same fault breaks by itself: where that fails, this follows from it. */
  readonly because: ClauseId | undefined

  constructor(expected: string, seen: unknown, call?: TraceRecord, because?: ClauseId) {
    super(`expected ${expected}`)
    this.expected = expected
    this.seen = typeof seen === 'string' ? seen : shown(seen)
    this.call = call
    this.because = because
  }
}

/** A call of a plugin that had to succeed did not. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed'
  readonly method: MethodName
  readonly error: Smapiv3Error
  readonly call: TraceRecord | undefined
  /** Whether the clause is about this call in any case. */
  readonly isOwn: boolean

  constructor(method: MethodName, error: Smapiv3Error, call?: TraceRecord, isOwn = false) {
    super(`${method}: ${error.message}`)
    this.method = method
    this.error = error
    this.call = call
    this.isOwn = isOwn
  }
}

/** Something that the clause needs is not there. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable'
  /** What could be given to the suite to judge it after all; undefined where the plugin simply does not offer it. */
  readonly remedy: string | undefined

  constructor(reason: string, remedy?: string) {
    super(remedy === undefined ? reason : `${reason}: ${remedy}`)
    this.remedy = remedy
  }
}

/** What a check may throw: anything else is a defect of the suite. */
export type Finding = Violation | CallFailed | NotApplicable

export function isFinding(thrown: unknown): thrown is Finding {
  return thrown instanceof Violation || thrown instanceof CallFailed || thrown instanceof NotApplicable
}

const SHOWN = 600

/** A value for a report: JSON, not longer than people read. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : stringifyJson(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text
}

/** Throws a {@link Violation} unless the condition holds. */
export function demand(condition: boolean, expected: string, seen: unknown): asserts condition {
  if (!condition) throw new Violation(expected, seen)
}

/** Throws a {@link Violation} unless both are the same JSON value, whatever the order of members. */
export function demandEqual(seen: unknown, expected: unknown, what: string): void {
  if (sorted(seen) !== sorted(expected)) throw new Violation(`${what}: ${shown(expected)}`, seen)
}

function sorted(value: unknown): string {
  return value === undefined ? 'undefined' : stringifyJson(inOrder(value))
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  // Pairs and not an object, as "__proto__" may be among the names.
  const pairs = Object.entries(value).map(([name, member]) => [name, inOrder(member)] as const)
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1))
}
