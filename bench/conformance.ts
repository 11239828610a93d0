/**
 * What judging a plugin costs: `npx tsx bench/conformance.ts [qcow2|raw]…` runs the suite on the bundled file plugin, at
 * `--level must` and whole, and prints seconds and the seconds of processor time that all calls and the suite itself take.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import Table from 'cli-table3'
import { dirSync } from 'tmp-promise'
import type { Report } from '../src/conformance/index.ts'
import { REPOSITORY } from './bench.ts'
import { ENVIRONMENT } from './measure.ts'

const COMMAND = join(REPOSITORY, 'dist/cli/main.cjs')
const LEVELS = ['must', 'may'] as const

interface Cost {
  /** Seconds by the clock. */
  readonly seconds: number
  /** Seconds of processor time, without those of processes that go on by themselves, as QEMU's daemon does. */
  readonly processor: number
  readonly calls: number
  readonly report: Report
}

function judge(format: string, level: (typeof LEVELS)[number]): Cost {
  const { name, removeCallback } = dirSync({ prefix: 'smapiv3-bench-', unsafeCleanup: true })
  try {
    const plugin = (kind: string, of: string) => join(REPOSITORY, kind, of)
    const subjects = [plugin('volume.d', 'org.xen.xapi.storage.file'), '--datapath', plugin('datapath.d', 'file')]
    const configuration = ['--config', `uri=file://${name}/{sr}`, '--config', `format=${format}`]
    const options = ['--level', level, '--seed', '1', '--reporter', 'json']
    const argv = [process.execPath, COMMAND, 'conformance', ...subjects, ...configuration, ...options]
    const environment = { ...ENVIRONMENT, SMAPIV3_RUN_DIR: join(name, 'run') }
    const begin = performance.now()
    // The shell tells the processor time of all that it has waited for, and so of what that has waited for.
    const script = '"$@" >&3; times'
    const { stdout, output } = spawnSync('sh', ['-c', script, 'sh', ...argv], {
      env: environment,
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    })
    const seconds = (performance.now() - begin) / 1000
    const report = JSON.parse(output[3] ?? '') as Report
    const calls = report.timings.reduce((sum, timing) => sum + timing.calls, 0)
    return { seconds, processor: childrenOf(stdout), calls, report }
  } finally {
    removeCallback()
  }
}

/** Seconds in the second line of `times`: user and system of the children, such as `0m1.5s 0m0.2s`. */
function childrenOf(times: string): number {
  const [, children = ''] = times.trim().split('\n')
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + 60 * Number(m) + Number(s), 0)
}

const formats = process.argv.length > 2 ? process.argv.slice(2) : ['qcow2', 'raw']
const table = new Table({
  head: ['images', 'level', 'seconds', 'processor seconds', 'calls', 'passed', 'verdict'],
  style: { head: [], border: [], compact: true },
})
for (const format of formats)
  for (const level of LEVELS) {
    const { seconds, processor, calls, report } = judge(format, level)
    const passed = report.clauses.filter(({ outcome }) => outcome === 'passed').length
    const verdict = report.verdict.conforms ? 'conforms' : report.verdict.text
    table.push([format, level, seconds.toFixed(1), processor.toFixed(1), calls, passed, verdict])
  }
console.log(table.toString())
