/** Every form of report, of a real run on a plugin with a few faults. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { chromium } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Report, runConformance } from '../../src/conformance/index.ts'
import { REPORTERS } from '../../src/conformance/reporters/reporters.ts'
import { parseJson } from '../../src/contract/json.ts'
import { lacks } from '../support/needs.ts'
import { withScratch } from '../support/scratch.ts'
import { shellPlugin } from './support.ts'

let report: Report

beforeAll(async () => {
  await withScratch(async (directory) => {
    const plugin = shellPlugin(directory, `echo 'no such <thing> & "more"' >&2; exit 3`)
    report = await runConformance({ directory: plugin, configuration: { path: '{sr}' }, seed: 7, timeout: 20 })
  })
}, 300_000)

const failed = () => report.clauses.filter(({ outcome }) => outcome === 'failed')

test('text says what failed, why, what to do, how to repeat it, and the verdict', () => {
  const text = REPORTERS.text(report)
  expect(failed().length).toBeGreaterThan(2)
  for (const { id } of failed()) expect(text).toContain(`✗ ${id} (`)
  expect(text).toMatch(/QRY-FEATURE-001[\s\S]*seen +\["VDI_REVERT needs Volume.revert"\]/)
  expect(text).toMatch(/repeat +printf '%s\\n' '\{"dbg":"conformance [^\n]*\}' \| \S+\/SR\.create --json/)
  expect(text).toContain('seed 7')
  expect(text.trimEnd().endsWith(report.verdict.text)).toBe(true)
  expect(report.verdict.text).toContain('does not conform')
  expect(report.verdict.text).toContain('incomplete')
})

test('json is the report', () => {
  const read = parseJson(REPORTERS.json(report)) as Report
  expect(read.verdict).toEqual(report.verdict)
  expect(read.clauses.length).toBe(report.clauses.length)
})

test('junit is XML with a case for each clause', async () => {
  const program = `
import sys, json, xml.etree.ElementTree as E
root = E.fromstring(sys.stdin.buffer.read())
cases = [(c.get('classname'), [d.tag for d in c]) for c in root.iter('testcase')]
print(json.dumps({'cases': cases, 'failures': root.get('failures'), 'tests': root.get('tests')}))`
  const { stdout } = await execa('/usr/bin/python3', ['-c', program], { input: REPORTERS.junit(report) })
  const { cases, failures, tests } = JSON.parse(stdout) as {
    cases: [string, string[]][]
    failures: string
    tests: string
  }
  expect(cases.map(([id]) => id)).toEqual(report.clauses.map(({ id }) => id))
  expect(cases.filter(([, inside]) => inside.includes('failure')).map(([id]) => id)).toEqual(
    failed().map(({ id }) => id),
  )
  expect([Number(failures), Number(tests)]).toEqual([failed().length, report.clauses.length])
})

test('tap has a line for each clause', () => {
  const lines = REPORTERS.tap(report).split('\n')
  expect(lines[0]).toBe('TAP version 14')
  expect(lines[1]).toBe(`1..${report.clauses.length}`)
  const points = lines.filter((line) => /^(not )?ok \d+ - /.test(line))
  expect(points.length).toBe(report.clauses.length)
  expect(points.filter((line) => line.startsWith('not ok')).length).toBe(failed().length)
})

describe.skipIf(lacks('chromium'))('html, in Chromium', () => {
  test(
    'is one page that shows the matrix, the failures and the times, filters, and fits a phone',
    { timeout: 300_000 },
    () =>
      withScratch(async (directory) => {
        const page = join(directory, 'report.html')
        const html = REPORTERS.html(report)
        writeFileSync(page, html)
        expect(html).not.toMatch(/(src|href)=["']?(https?:)?\/\//)
        const browser = await chromium.launch({
          executablePath: '/usr/bin/chromium',
          args: `--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync`.split(/\s+/),
          timeout: 120_000,
        })
        try {
          const phone = await browser.newPage({ viewport: { width: 360, height: 740 } })
          phone.setDefaultTimeout(120_000)
          const problems: string[] = []
          phone.on('pageerror', (error) => problems.push(String(error)))
          phone.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
          phone.on('request', (request) => request.url().startsWith('file:') || problems.push(request.url()))
          await phone.goto(`file://${page}`)
          expect(await phone.textContent('.verdict')).toBe(report.verdict.text)
          expect(await phone.locator('.method').count()).toBeGreaterThan(20)
          expect(await phone.locator('.method.failed').count()).toBeGreaterThan(0)
          expect(await phone.locator('.chart .bar').count()).toBe(report.timings.length)
          const clauses = phone.locator('details[data-level]')
          expect(await clauses.count()).toBe(report.clauses.length)
          for (const { id } of failed()) expect(await phone.locator(`#${id}`).isVisible()).toBe(true)
          // No sideways scrolling.
          expect(await phone.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
          await phone.uncheck('input[name=level][value=must]')
          const visible = phone.locator('details[data-level]:not([hidden])')
          expect(await visible.count()).toBe(report.clauses.filter(({ level }) => level !== 'must').length)
          await phone.check('input[name=level][value=must]')
          for (const outcome of ['passed', 'skipped', 'follows'])
            await phone.uncheck(`input[name=outcome][value=${outcome}]`)
          expect(await visible.count()).toBe(failed().length)
          expect(await phone.textContent('#shown')).toBe(String(failed().length))
          const transcript = phone.locator('details.failed details').filter({ hasText: 'no such' }).first()
          await transcript.locator('summary').click()
          expect(await transcript.locator('pre').textContent()).toContain('no such <thing> & "more"')
          expect(problems).toEqual([])
        } finally {
          await browser.close()
        }
      }),
  )
})
