/** The error object of a plugin (SMAPIv3 script protocol, section 5). */
import type { Backtrace } from '../contract/errors.ts'

export interface ErrorObject {
  readonly code: string
  readonly params: readonly string[]
  readonly backtrace: Backtrace
}

/** Reads an error object, leniently as the protocol says; where it is none, says what is wrong in words for people. */
export function readErrorObject(value: unknown): ErrorObject | string {
  if (!isObject(value)) return 'it is not a JSON object'
  const code = member(value, 'code')
  const params = member(value, 'params')
  const backtrace = member(value, 'backtrace')
  if (typeof code !== 'string') return defect('code', code, 'a string')
  if (!isStrings(params)) return defect('params', params, 'an array of strings')
  if (!isObject(backtrace)) return defect('backtrace', backtrace, 'an object')
  const error = member(backtrace, 'error')
  const files = member(backtrace, 'files')
  const lines = lineNumbers(member(backtrace, 'lines'))
  if (typeof error !== 'string') return defect('backtrace.error', error, 'a string')
  if (!isStrings(files)) return defect('backtrace.files', files, 'an array of strings')
  if (lines === undefined) return defect('backtrace.lines', member(backtrace, 'lines'), 'an array of integers')
  const frames = Math.min(files.length, lines.length)
  return { code, params, backtrace: { error, files: files.slice(0, frames), lines: lines.slice(0, frames) } }
}

/** Member names compare without regard to case, and the first of several wins. */
function member(object: Record<string, unknown>, name: string): unknown {
  const key = Object.keys(object).find((candidate) => candidate.toLowerCase() === name)
  return key === undefined ? undefined : object[key]
}

function defect(name: string, value: unknown, wanted: string): string {
  return value === undefined ? `its member ${name} is missing` : `its member ${name} is not ${wanted}`
}

function lineNumbers(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined
  const numbers = value.map((line: unknown) =>
    typeof line === 'string' && /^-?\d+$/.test(line) ? Number(line) : typeof line === 'bigint' ? Number(line) : line,
  )
  return numbers.every((line) => Number.isInteger(line)) ? (numbers as number[]) : undefined
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
