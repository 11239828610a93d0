/** A report as JUnit XML: one suite for each chapter, one case for each clause. */
import { CHAPTERS, CLAUSES, type ClauseId } from '../clauses.ts'
import type { ClauseReport, Report } from '../report.ts'

export function junitReport({ clauses, plugin, seconds, startedAt }: Report): string {
  const suites = CHAPTERS.map(({ title, clauses: rows }) => {
    const ids = Object.keys(rows) as ClauseId[]
    return { title, cases: clauses.filter(({ id }) => ids.includes(id)) }
  }).filter(({ cases }) => cases.length > 0)
  const body = suites.map(({ title, cases }) => suite(title, cases, startedAt)).join('')
  const totals = attributes({ name: plugin, ...countsOf(clauses), time: seconds.toFixed(3) })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${totals}>\n${body}</testsuites>\n`
}

function suite(title: string, cases: readonly ClauseReport[], timestamp: string): string {
  const time = cases.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3)
  return `  <testsuite${attributes({ name: title, ...countsOf(cases), time, timestamp })}>\n${cases.map(testCase).join('')}  </testsuite>\n`
}

function testCase(report: ClauseReport): string {
  const { id, level, seconds } = report
  const head = attributes({
    name: `${id} (${level.toUpperCase()}) ${CLAUSES[id].text}`,
    classname: id,
    time: seconds.toFixed(3),
  })
  const inside = content(report)
  return inside === '' ? `    <testcase${head}/>\n` : `    <testcase${head}>\n${inside}    </testcase>\n`
}

function content({ id, outcome, expected, seen, command = '', because = [], reason = '' }: ClauseReport): string {
  switch (outcome) {
    case 'failed': {
      const text = `expected: ${expected}\nseen: ${seen}\nwhy: ${CLAUSES[id].why}\nto do: ${CLAUSES[id].advice}\nrepeat: ${command}`
      return `      <failure${attributes({ message: `expected ${expected}; seen ${seen}` })}>${escapeXml(text)}</failure>\n`
    }
    // Not failures of their own: what they follow from is one.
    case 'follows':
      return `      <skipped${attributes({ message: `follows from ${because.join(', ')}` })}/>\n`
    case 'skipped':
      return `      <skipped${attributes({ message: reason })}/>\n`
    default:
      return ''
  }
}

function countsOf(cases: readonly ClauseReport[]) {
  const failures = cases.filter(({ outcome }) => outcome === 'failed').length
  const skipped = cases.filter(({ outcome }) => outcome === 'skipped' || outcome === 'follows').length
  return { tests: cases.length, failures, errors: 0, skipped }
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replaceAll('\n', '&#10;')}"`)
    .join('')
}

/** Text as XML holds it; characters that XML has not are shown as such. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
