import type { TraceRecord } from '../../invoke/trace-record.ts'
import { printableLines } from '../render/printable.ts'
import { card, table } from '../render/table.ts'
import { namedMessage } from '../report.ts'

const HEAD = ['ID', 'TIME', 'PLUGIN', 'METHOD', 'SECONDS', 'OUTCOME']

export function callsText(records: readonly TraceRecord[]): string {
  return records.length === 0 ? 'No call is recorded yet.' : table(HEAD, records.map(rowOf))
}

/** One call on one line. */
export function callLine(record: TraceRecord): string {
  return table(rowOf(record), [])
}

/** One call whole. */
export function callText(record: TraceRecord): string {
  const { id, startedAt, plugin, method, argv, duration, stdin, stdout, stderr } = record
  const about = card([
    ['Id', id],
    ['Time', startedAt],
    ['Plugin', plugin],
    ['Method', method],
    ['Command', argv.join(' ')],
    ['Seconds', duration.toFixed(3)],
    ['End', endOf(record)],
    ['Outcome', outcomeOf(record)],
  ])
  return [about, ...block('stdin', stdin), ...block('stdout', stdout), ...block('stderr', stderr)].join('\n')
}

function rowOf(record: TraceRecord): string[] {
  const { id, startedAt, plugin, method, duration } = record
  const time = startedAt.replace('T', ' ').replace(/\.\d+Z$/, 'Z')
  return [id, time, plugin.slice(plugin.lastIndexOf('/') + 1), method, duration.toFixed(3), outcomeOf(record)]
}

function outcomeOf({ outcome }: TraceRecord): string {
  return outcome.ok ? 'ok' : namedMessage(outcome.error)
}

function endOf({ end, exitStatus, signal }: TraceRecord): string {
  if (signal !== null) return `${end}, by ${signal}`
  return exitStatus === null ? end : `${end}, status ${exitStatus}`
}

function block(name: string, text: string): string[] {
  const lines = printableLines(text.trimEnd())
  return ['', `${name}:${lines.length === 0 ? ' nothing' : ''}`, ...lines.map((line) => `  ${line}`)]
}
