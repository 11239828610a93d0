/** An error, for people on standard error and for machines on standard output. */
import type { Smapiv3Error } from '../contract/errors.ts'
import { stringifyJson } from '../contract/json.ts'
import type { Output } from './output.ts'
import { printable, printableLines } from './render/printable.ts'

/** How much of a script's stderr people see; machines get all that was kept. */
const LINES_AT_MOST = 20

export interface ReportOptions {
  readonly output: Output
  readonly json: boolean
  /** Whether a defect of the host shows where it happened. */
  readonly withStack: boolean
}

export function reportError(error: Smapiv3Error, { output, json, withStack }: ReportOptions): void {
  if (json) output.line(stringifyJson({ error }))
  output.problem(textOf(error, withStack))
}

/** The message of an error after its code, which some messages begin with themselves. */
export function namedMessage({ code, message }: Pick<Smapiv3Error, 'code' | 'message'>): string {
  return message.startsWith(code) ? message : `${code}: ${message}`
}

function textOf(error: Smapiv3Error, withStack: boolean): string {
  const { fault, recovery, kind, cause } = error
  const stack = withStack && kind === 'INTERNAL' && cause instanceof Error ? (cause.stack ?? '') : ''
  return [
    `smapiv3: ${printable(namedMessage(error))}`,
    ...stderrOf(error),
    ...(stack === '' ? [] : [stack]),
    `  at fault:   ${fault}`,
    `  what to do: ${printable(recovery)}`,
    '',
  ].join('\n')
}

function stderrOf({ stderr }: Smapiv3Error): string[] {
  const lines = printableLines(stderr?.trimEnd() ?? '')
  if (lines.length === 0) return []
  const left = lines.length - LINES_AT_MOST
  const shown = lines.slice(-LINES_AT_MOST).map((line) => `  | ${line}`)
  return [`  the script wrote on stderr${left > 0 ? `, after ${left} more lines` : ''}:`, ...shown]
}
