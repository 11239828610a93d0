/** A report as one page of HTML that needs nothing else. */
import { classOf, METHOD_NAMES, type MethodName } from '../../../contract/methods.ts'
import type { TraceRecord } from '../../../invoke/trace-record.ts'
import { LEVELS } from '../../clause.ts'
import { CHAPTERS, CLAUSES, type ClauseId } from '../../clauses.ts'
import type { ClauseReport, MethodTiming, Outcome, Report } from '../../report.ts'
import { reproduction } from '../../reproduction.ts'
import { escapeHtml } from './escape.ts'
import { SCRIPT, STYLE } from './style.ts'

const OUTCOMES: readonly Outcome[] = ['failed', 'follows', 'passed', 'skipped']

export function htmlReport(report: Report): string {
  const { plugin, verdict, datapaths, seed, level, seconds, startedAt, left } = report
  const beside =
    datapaths.length === 0
      ? ''
      : `<p>with ${datapaths.map((path) => `<code>${escapeHtml(path)}</code>`).join(', ')}</p>`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conformance of ${escapeHtml(plugin)}</title>
<style>${STYLE}</style>
<h1>Conformance of <code>${escapeHtml(plugin)}</code></h1>
${beside}
<p class="verdict ${verdict.conforms ? 'yes' : 'no'}">${escapeHtml(verdict.text)}</p>
<p><small>${escapeHtml(startedAt)}, ${seconds.toFixed(1)} s, level ${level}, seed ${seed}</small></p>
${counts(report)}
${left.length === 0 ? '' : `<h2>Left behind</h2><ul>${left.map((what) => `<li>${escapeHtml(what)}</li>`).join('')}</ul>`}
<h2>Classes and methods</h2>
${matrix(report.clauses)}
<h2>Clauses</h2>
${filters()}
${CHAPTERS.map(({ title, clauses }) => chapter(title, Object.keys(clauses) as ClauseId[], report.clauses)).join('\n')}
<h2>Time of calls</h2>
${chart(report.timings)}
<script>${SCRIPT}</script>
</html>
`
}

function counts({ verdict: { passed, failed, follows, skipped } }: Report): string {
  const of = (name: string, values: typeof passed) =>
    LEVELS.filter((level) => values[level] > 0).map(
      (level) => `<li class="${name}">${values[level]} ${level.toUpperCase()} ${name}</li>`,
    )
  const items = [...of('failed', failed), ...of('passed', passed)]
  if (follows > 0) items.push(`<li>${follows} following from a failure</li>`)
  if (skipped > 0) items.push(`<li>${skipped} skipped</li>`)
  return `<ul class="counts">${items.join('')}</ul>`
}

/** Every method with the worst outcome of the clauses about it. */
function matrix(clauses: readonly ClauseReport[]): string {
  const classes = new Map<string, string[]>()
  for (const method of METHOD_NAMES) {
    const about = clauses.filter(({ id }) => CLAUSES[id].about.includes(method))
    if (about.length === 0) continue
    const name = classOf(method)
    classes.set(name, [...(classes.get(name) ?? []), cell(method, about)])
  }
  const rows = [...classes].map(
    ([name, cells]) => `<div class="class"><h3>${name}</h3><div class="methods">${cells.join('')}</div></div>`,
  )
  return `<div class="matrix">${rows.join('')}</div>`
}

function cell(method: MethodName, about: readonly ClauseReport[]): string {
  const worst = OUTCOMES.find((outcome) => about.some((clause) => clause.outcome === outcome)) ?? 'skipped'
  const failed = about.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)
  const title = failed.length > 0 ? `failed: ${failed.join(', ')}` : `${about.length} clauses, ${worst}`
  const short = method.slice(method.indexOf('.') + 1)
  return `<span class="method ${worst}" title="${escapeHtml(title)}">${short} <small>${about.filter(({ outcome }) => outcome === 'passed').length}/${about.length}</small></span>`
}

function filters(): string {
  const box = (name: string, value: string, isTicked: boolean) =>
    `<label><input type="checkbox" name="${name}" value="${value}"${isTicked ? ' checked' : ''}> ${name === 'level' ? value.toUpperCase() : value}</label>`
  const boxes = [
    ...LEVELS.map((level) => box('level', level, true)),
    ...OUTCOMES.map((outcome) => box('outcome', outcome, true)),
  ]
  return `<div class="filters">${boxes.join('')}<span><output id="shown"></output> shown</span></div>`
}

function chapter(title: string, ids: readonly ClauseId[], all: readonly ClauseReport[]): string {
  const clauses = all.filter(({ id }) => ids.includes(id))
  if (clauses.length === 0) return ''
  return `<section data-chapter><h3>${escapeHtml(title)}</h3>${clauses.map((clause) => clauseHtml(clause, all)).join('')}</section>`
}

function clauseHtml(report: ClauseReport, all: readonly ClauseReport[]): string {
  const { id, level, outcome, seconds, expected, seen, because = [], reason, calls = [], command } = report
  const { text, why, source, advice } = CLAUSES[id]
  const following = all.filter((other) => other.because?.includes(id)).map((other) => other.id)
  const facts: [string, string | undefined][] = [
    ['expected', expected && escapeHtml(expected)],
    ['seen', seen && `<pre>${escapeHtml(seen)}</pre>`],
    ['follows from', because.length > 0 ? because.join(', ') : undefined],
    ['skipped', reason && escapeHtml(reason)],
    ['why', escapeHtml(why)],
    ['source', escapeHtml(source)],
    ['to do', escapeHtml(advice)],
    ['repeat', command && `<pre>${escapeHtml(command)}</pre>`],
    ['so does', following.length > 0 ? following.join(', ') : undefined],
    ['calls', outcome === 'failed' && calls.length > 0 ? calls.map(transcript).join('') : undefined],
  ]
  const list = facts
    .flatMap(([name, value]) => (value === undefined ? [] : [`<dt>${name}</dt><dd>${value}</dd>`]))
    .join('')
  const open = outcome === 'failed' ? ' open' : ''
  return `<details id="${id}" class="${outcome}" data-level="${level}" data-outcome="${outcome}"${open}><summary><b>${id}</b> <small>${level.toUpperCase()} · ${outcome} · ${seconds.toFixed(2)} s</small><br>${escapeHtml(text)}</summary><dl>${list}</dl></details>`
}

/** Characters of each stream of a call that stand in the page. */
const LONGEST = 4000

function transcript(call: TraceRecord): string {
  const { method, stdout, stderr, exitStatus, signal, duration } = call
  const cut = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)
  const end = signal ?? `status ${exitStatus}`
  const parts = [reproduction(call), cut(stdout), ...(stderr.trim() === '' ? [] : [`stderr: ${cut(stderr)}`])]
  return `<details><summary><b>${method}</b> <small>${escapeHtml(end)} · ${duration.toFixed(3)} s</small></summary><pre>${escapeHtml(parts.join('\n'))}</pre></details>`
}

/** The median of each method as a bar, the longest call as a mark. */
function chart(timings: readonly MethodTiming[]): string {
  const scale = Math.max(...timings.map(({ longest }) => longest), 0.001)
  const width = (seconds: number) => `${((100 * seconds) / scale).toFixed(2)}%`
  const sorted = [...timings].sort((a, b) => b.median - a.median)
  const rows = sorted.map(
    ({ method, calls, median, longest }) =>
      `<span>${method}</span><span class="bar" title="longest ${longest.toFixed(3)} s"><i style="width:${width(median)}"></i><u style="left:min(${width(longest)}, calc(100% - 2px))"></u></span><span>${(median * 1000).toFixed(0)} ms × ${calls}</span>`,
  )
  return `<p><small>Bar: median; mark: the longest call.</small></p><div class="chart" role="figure" aria-label="Time of calls by method">${rows.join('')}</div>`
}
