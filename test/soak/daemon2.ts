/**
 * A daemon's life in short, run as a process of its own: ten thousand calls through one host, eight at a time, with every
 * outcome there is. Prints what the process holds before, on the way and after, as JSON.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import pLimit from 'p-limit'
import type { ErrorKind } from '../../src/contract/errors.ts'
import { Host } from '../../src/host/host.ts'
import { PIPES } from '../../src/invoke/pipes.ts'
import { until } from '../invoke/support.ts'

const CALLS = Number(process.env.CALLS ?? 3000)
const CALLERS = 8
/** Once the engine has compiled what it will, and every pool has the size it will have. */
const SETTLED = 1000

/** What a call asks the plugin to do, how often of a thousand, and what must come of it. */
const MIX: readonly { readonly wish: string; readonly of1000: number; readonly outcome: ErrorKind | 'ok' }[] = [
  { wish: 'sleep', of1000: 2, outcome: 'SCRIPT_TIMED_OUT' },
  { wish: 'background', of1000: 10, outcome: 'ok' },
  { wish: 'stderr', of1000: 20, outcome: 'ok' },
  { wish: 'signal', of1000: 40, outcome: 'SCRIPT_SIGNALLED' },
  { wish: 'bad-json', of1000: 80, outcome: 'SCRIPT_BAD_JSON' },
  { wish: 'error', of1000: 150, outcome: 'PLUGIN_ERROR' },
  { wish: 'result', of1000: 698, outcome: 'ok' },
]

/** What a process may leak. */
export interface Holdings {
  readonly calls: number
  readonly descriptors: readonly string[]
  readonly children: readonly number[]
  /** What keeps the event loop busy: timers, sockets, processes. */
  readonly resources: readonly string[]
  readonly exitListeners: number
  readonly temporaryFiles: readonly string[]
  /** Bytes. */
  readonly heap: number
  readonly rss: number
}

export interface Report {
  readonly holdings: readonly Holdings[]
  /** How many calls had an outcome that they should not have had, by what was asked and what came. */
  readonly surprises: Readonly<Record<string, number>>
  readonly recorded: number
}

const [root = '', stateDirectory = ''] = process.argv.slice(2)
const host = new Host({
  roots: [root],
  stateDirectory,
  settings: { deadlines: {}, environment: { pass: [], set: {} }, output_limit: undefined, trace_limit: 100 },
})
const surprises: Record<string, number> = {}

async function call(number: number): Promise<void> {
  const { wish, outcome: expected } = rowOf(number)
  const deadline = wish === 'sleep' ? 0.1 : undefined
  const { outcome } = await host.call('soak', 'Plugin.diagnostics', { dbg: `${wish} ${number}` }, { deadline })
  const seen = outcome.ok ? 'ok' : outcome.error.kind
  if (seen !== expected) surprises[`${wish}: ${seen}`] = (surprises[`${wish}: ${seen}`] ?? 0) + 1
}

/** A prime step spreads the rare wishes evenly. */
function rowOf(number: number): (typeof MIX)[number] {
  const place = (number * 7919) % 1000
  let end = 0
  for (const row of MIX) {
    end += row.of1000
    if (place < end) return row
  }
  throw new Error('the shares of the mix do not add up to 1000')
}

async function calls(from: number, to: number): Promise<void> {
  const limit = pLimit(CALLERS)
  const numbers = Array.from({ length: to - from }, (_, index) => from + index)
  await Promise.all(numbers.map((number) => limit(() => call(number))))
}

/** The pipes in stock, which later calls use, are no leak; what ends by itself in a moment is waited for. */
async function holdings(calls: number): Promise<Holdings> {
  await PIPES.close()
  await until(() => children().length === 0 && !process.getActiveResourcesInfo().includes('ProcessWrap'))
  await new Promise((resolve) => setImmediate(resolve))
  global.gc?.()
  global.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  return {
    calls,
    descriptors: descriptors(),
    children: children(),
    resources: process.getActiveResourcesInfo().sort(),
    exitListeners: process.listenerCount('exit'),
    temporaryFiles: readdirSync(tmpdir()).sort(),
    heap: heapUsed,
    rss,
  }
}

function descriptors(): string[] {
  return readdirSync('/proc/self/fd').filter((descriptor) => existsSync(`/proc/self/fdinfo/${descriptor}`))
}

function children(): number[] {
  const found = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
  return found.split(' ').filter(Boolean).map(Number)
}

const taken: Holdings[] = []
let done = 0
for (const next of [100, SETTLED, CALLS]) {
  await calls(done, next)
  done = next
  taken.push(await holdings(done))
}
const { records } = await host.trace.list()
host.close()
const report: Report = { holdings: taken, surprises, recorded: records.length }
process.stdout.write(JSON.stringify(report))
