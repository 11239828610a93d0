/** Real plugins on disk for the tests of the registry: directories and sh scripts in a temporary root. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { dirSync } from 'tmp-promise'
import { onTestFinished } from 'vitest'
import { Smapiv3Error } from '../../src/contract/errors.ts'
import type { QueryResult } from '../../src/registry/features.ts'
import type { InvokeQuery } from '../../src/registry/query.ts'

export const VOLUME_SCRIPTS = ['SR.attach', 'SR.detach', 'SR.stat', 'SR.ls', 'Volume.stat']
export const DATAPATH_SCRIPTS = ['Datapath.attach', 'Datapath.activate', 'Datapath.deactivate', 'Datapath.detach']

/** An empty directory that is gone after the test. */
export function temporaryDirectory(): string {
  const { name } = dirSync({ prefix: 'smapiv3-registry-' })
  onTestFinished(() => rmSync(name, { recursive: true, force: true }))
  return name
}

/** What a plugin of that name answers to Plugin.query. */
export function queryResult(changes: Partial<QueryResult> = {}): QueryResult {
  return {
    plugin: 'demo',
    name: 'Demo',
    description: 'A double',
    vendor: 'test',
    copyright: 'none',
    version: '1.0',
    required_api_version: '5.0',
    features: [],
    configuration: {},
    required_cluster_stack: [],
    ...changes,
  }
}

/** An sh script that prints its argument as JSON. */
export function printing(value: unknown): string {
  return `#!/bin/sh\ncat <<'END_OF_JSON'\n${JSON.stringify(value)}\nEND_OF_JSON\n`
}

/** Writes an executable file, or one of another mode, whatever the umask is. */
export function script(path: string, text: string, mode = 0o755): string {
  directory(dirname(path))
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

export function directory(path: string): string {
  if (mkdirSync(path, { recursive: true, mode: 0o755 }) !== undefined) chmodSync(path, 0o755)
  return path
}

/** A plugin directory with Plugin.query and empty scripts of other methods. */
export function plugin(
  path: string,
  { query = queryResult(), scripts = [] }: { query?: QueryResult; scripts?: readonly string[] } = {},
): string {
  script(join(path, 'Plugin.query'), printing(query))
  for (const method of scripts) script(join(path, method), '#!/bin/sh\necho null\n')
  return path
}

/** Runs scripts as the invoke room does, as far as Plugin.query is concerned, and counts. */
export function scriptRunner() {
  const calls: string[] = []
  let running = 0
  const runner = {
    calls,
    /** The most that ran at the same time. */
    peak: 0,
    invoke: (async ({ method, script: file, shape, params, signal, deadline }) => {
      calls.push(file)
      running += 1
      runner.peak = Math.max(runner.peak, running)
      const argv = shape === 'file' ? [method, '--json'] : ['--json']
      const outcome = await run(file, argv, JSON.stringify(params), signal, deadline)
      running -= 1
      return { outcome }
    }) satisfies InvokeQuery as InvokeQuery,
  }
  return runner
}

function run(
  file: string,
  argv: readonly string[],
  stdin: string,
  signal: AbortSignal,
  deadline = 100,
): ReturnType<InvokeQuery> extends Promise<infer I> ? Promise<I extends { outcome: infer O } ? O : never> : never {
  return new Promise((resolve) => {
    const options = { signal, timeout: deadline * 1000, killSignal: 'SIGKILL' } as const
    const child = execFile(file, [...argv], options, (error, stdout, stderr) => {
      if (error?.killed) return fail('SCRIPT_TIMED_OUT', `${file} did not finish within ${deadline} s`)
      if (error) return fail('SCRIPT_BAD_ERROR', `${file} failed: ${error.code}`, stderr)
      try {
        resolve({ ok: true, value: JSON.parse(stdout) as QueryResult })
      } catch {
        fail('SCRIPT_BAD_JSON', `${file} printed ${JSON.stringify(stdout)}`, stderr)
      }
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(`${stdin}\n`)

    function fail(kind: 'SCRIPT_TIMED_OUT' | 'SCRIPT_BAD_ERROR' | 'SCRIPT_BAD_JSON', message: string, stderr = '') {
      resolve({ ok: false, error: new Smapiv3Error(kind, message, { stderr }) })
    }
  })
}
