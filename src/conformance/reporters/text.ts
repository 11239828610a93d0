/** A report for people: what failed first, and what to do about it. */
import { LEVELS } from '../clause.ts'
import { CLAUSES, type ClauseId } from '../clauses.ts'
import type { ClauseReport, Report } from '../report.ts'

export function textReport(report: Report): string {
  const { clauses, verdict, left } = report
  const failed = clauses.filter(({ outcome }) => outcome === 'failed')
  const sections = [
    heading(report),
    ...failed.map((failure) => failureText(failure, clauses)),
    skippedText(clauses),
    left.length === 0 ? '' : `Left behind:\n${left.map((what) => `  ${what}`).join('\n')}`,
    countsText(report),
    verdict.text,
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function heading({ plugin, datapaths, seed, seconds, level }: Report): string {
  const beside = datapaths.length === 0 ? '' : `\nwith ${datapaths.join(', ')}`
  return `Conformance of ${plugin}${beside}\nlevel ${level}, seed ${seed}, ${seconds.toFixed(1)} s`
}

function failureText(
  { id, level, expected, seen, command, calls = [] }: ClauseReport,
  all: readonly ClauseReport[],
): string {
  const { text, why, source, advice } = CLAUSES[id]
  const following = all.filter(({ because }) => because?.includes(id)).map((clause) => clause.id)
  const stderr = calls.at(-1)?.stderr.trim() ?? ''
  return [
    `✗ ${id} (${level.toUpperCase()}) ${text}`,
    `    expected  ${indented(expected ?? '')}`,
    `    seen      ${indented(seen ?? '')}`,
    ...(stderr === '' ? [] : [`    stderr    ${indented(stderr.split('\n').slice(-5).join('\n'))}`]),
    `    why       ${why}`,
    `    source    ${source}`,
    `    to do     ${advice}`,
    ...(command === undefined ? [] : [`    repeat    ${indented(command)}`]),
    ...(following.length === 0 ? [] : [`    from it follows  ${following.join(', ')}`]),
  ].join('\n')
}

function indented(text: string): string {
  return text.replaceAll('\n', `\n${' '.repeat(14)}`)
}

function skippedText(clauses: readonly ClauseReport[]): string {
  const reasons = new Map<string, ClauseId[]>()
  for (const { outcome, reason = '', id } of clauses)
    if (outcome === 'skipped') reasons.set(reason, [...(reasons.get(reason) ?? []), id])
  if (reasons.size === 0) return ''
  return `Skipped:\n${[...reasons].map(([reason, ids]) => `  ${reason}: ${ids.join(', ')}`).join('\n')}`
}

function countsText({ verdict: { passed, failed, follows, skipped } }: Report): string {
  const of = (counts: typeof passed) => LEVELS.map((level) => `${counts[level]} ${level.toUpperCase()}`).join(', ')
  return `passed ${of(passed)} · failed ${of(failed)} · following from those ${follows} · skipped ${skipped}`
}
