/** A host that lives for long holds nothing of the calls that are over: no descriptor, process, timer, file or memory. */
import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { dir } from 'tmp-promise'
import { beforeAll, describe, expect, test } from 'vitest'
import { lacks } from '../support/needs.ts'
import type { Holdings, Report } from './daemon.ts'

const MIB = 1024 * 1024
/** Ten thousand calls that each kept no more than a line would keep more than this. */
const HEAP_GROWTH = 1 * MIB
const RSS_GROWTH = 48 * MIB

describe.skipIf(lacks('cc'))('ten thousand calls in one process', () => {
  let report: Report
  let first: Holdings
  let settled: Holdings
  let last: Holdings

  beforeAll(async () => {
    const { path, cleanup } = await dir({ prefix: 'smapiv3-soak-', unsafeCleanup: true })
    try {
      const temporary = join(path, 'tmp')
      mkdirSync(temporary)
      report = await run(await bundle(path), install(path), join(path, 'state'), temporary)
      const [a, b, c] = report.holdings
      if (a === undefined || b === undefined || c === undefined) throw new Error('the daemon did not look three times')
      first = a
      settled = b
      last = c
    } finally {
      await cleanup()
    }
  }, 900_000)

  test('every call has the outcome that it should have', () => {
    expect(report.surprises).toEqual({})
    expect(last.calls).toBe(10_000)
  })

  test('no descriptor stays open', () => {
    expect(settled.descriptors).toEqual(first.descriptors)
    expect(last.descriptors).toEqual(first.descriptors)
  })

  test('no process, timer, socket or listener stays', () => {
    expect(last.children).toEqual([])
    expect(last.resources).toEqual(first.resources)
    expect(last.exitListeners).toBe(first.exitListeners)
  })

  test('no temporary file stays, and the trace keeps its bound', () => {
    expect(last.temporaryFiles).toEqual(first.temporaryFiles)
    expect(report.recorded).toBe(100)
  })

  test('no memory stays', () => {
    expect(last.heap - settled.heap).toBeLessThan(HEAP_GROWTH)
    expect(last.rss - settled.rss).toBeLessThan(RSS_GROWTH)
  })
})

/** A root with the plugin in it. */
function install(path: string): string {
  const root = join(path, 'root')
  const plugin = join(root, 'volume.d', 'org.xen.xapi.storage.soak')
  mkdirSync(plugin, { recursive: true, mode: 0o755 })
  execFileSync('cc', ['-O2', '-o', join(plugin, 'plugin'), join(import.meta.dirname, 'plugin.c')])
  chmodSync(join(plugin, 'plugin'), 0o755)
  for (const method of ['Plugin.query', 'Plugin.diagnostics']) linkSync(join(plugin, 'plugin'), join(plugin, method))
  return root
}

/** The daemon as one script, as it would be shipped: a process with a compiler in it takes longer to start others. */
async function bundle(path: string): Promise<string> {
  const outfile = join(path, 'daemon.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'daemon.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    // What is bundled with it may be CommonJS.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
    outfile,
  })
  return outfile
}

async function run(daemon: string, root: string, stateDirectory: string, temporary: string): Promise<Report> {
  const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', daemon, root, stateDirectory], {
    env: { ...environment, TMPDIR: temporary, TMP: temporary, TEMP: temporary },
    maxBuffer: 16 * MIB,
    timeout: 850_000,
    killSignal: 'SIGKILL',
  })
  return JSON.parse(stdout) as Report
}
