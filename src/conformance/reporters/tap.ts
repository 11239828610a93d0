/** A report in the Test Anything Protocol, version 14. */
import { CLAUSES } from '../clauses.ts'
import type { ClauseReport, Report } from '../report.ts'

export function tapReport({ clauses, verdict }: Report): string {
  const lines = clauses.flatMap((report, index) => [line(report, index + 1), ...details(report)])
  return `TAP version 14\n1..${clauses.length}\n${lines.map((text) => `${text}\n`).join('')}# ${verdict.text}\n`
}

function line({ id, level, outcome, reason = '', because = [] }: ClauseReport, number: number): string {
  const description = `${number} - ${id} (${level.toUpperCase()}) ${escapeTap(CLAUSES[id].text)}`
  if (outcome === 'passed') return `ok ${description}`
  if (outcome === 'failed') return `not ok ${description}`
  return `ok ${description} # SKIP ${escapeTap(outcome === 'follows' ? `follows from ${because.join(', ')}` : reason)}`
}

function details({ id, outcome, expected, seen, command }: ClauseReport): string[] {
  if (outcome !== 'failed') return []
  const { why, advice, source } = CLAUSES[id]
  const values = { expected, seen, why, source, advice, command }
  const members = Object.entries(values).flatMap(([name, value]) =>
    // A JSON string is a YAML string.
    value === undefined ? [] : [`  ${name}: ${JSON.stringify(value)}`],
  )
  return ['  ---', ...members, '  ...']
}

function escapeTap(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('#', '\\#').replaceAll('\n', ' ')
}
