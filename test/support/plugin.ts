/** Runs a bundled plugin as a toolstack does: built, copied to a directory of its own, one process for each call. */
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { buildPlugin } from '../../src/build/plugin.ts'
import { parseJson, stringifyJson } from '../../src/contract/json.ts'
import type { MethodName, Params, Result } from '../../src/contract/methods.ts'

/** Milliseconds that a call may take, as long as a toolstack waits: what a plugin waits for, it says before. */
const PATIENCE = 300_000

/** Plugins that this process has built, by their paths: what they are made of does not change while tests run. */
const built = new Map<string, Promise<unknown>>()

/** The params of a method without dbg, which the toolstack always adds. */
type CallParams<M extends MethodName> = Omit<Params<M>, 'dbg'>

/** The code and params of an error object. */
export interface CallError {
  readonly code: string
  readonly params: readonly string[]
}

export interface TestPlugin {
  /** Where the plugin stands, and its state directory beside it. */
  readonly directory: string
  readonly runDirectory: string
  /** The result of a call that must succeed. */
  call<M extends MethodName>(method: M, params: CallParams<M>): Promise<Result<M>>
  /** The error of a call that must fail. */
  fail<M extends MethodName>(method: M, params: CallParams<M>): Promise<CallError>
  /** Starts a call, in a process group of its own, for a test that kills it. */
  start<M extends MethodName>(method: M, params: CallParams<M>): ChildProcess
  remove(): Promise<void>
}

/**
 * Builds a plugin of the repository, such as `datapath.d/file`, and copies it.
 * @param beside the plugin whose run directory it shares, as on one host; it has one of its own otherwise
 * @param env beside the run directory
 * @param through the beginning of the command line that runs it, such as that of nsenter
 */
export async function installPlugin(
  path: string,
  beside?: Pick<TestPlugin, 'runDirectory'>,
  env: Readonly<Record<string, string>> = {},
  through: readonly string[] = [],
): Promise<TestPlugin> {
  const source = join(import.meta.dirname, '../..', path)
  const building = built.get(source) ?? buildPlugin(source)
  built.set(source, building)
  await building
  const { path: directory } = await dir({ unsafeCleanup: true, prefix: 'smapiv3-plugin-' })
  const plugin = join(directory, 'plugin')
  const runDirectory = beside?.runDirectory ?? join(directory, 'run')
  cpSync(source, plugin, { recursive: true, verbatimSymlinks: true })

  function start(method: string, params: object): ChildProcess {
    const [command = '', ...args] = [...through, join(plugin, method), '--json']
    const child = spawn(command, args, {
      env: { ...env, SMAPIV3_RUN_DIR: runDirectory },
      cwd: '/',
      detached: true,
      stdio: 'pipe',
    })
    // The process may have been killed before it reads.
    child.stdin?.on('error', () => {})
    child.stdin?.end(`${stringifyJson({ ...params, dbg: 'test' })}\n`)
    return child
  }

  async function run(
    method: string,
    params: object,
  ): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const child = start(method, params)
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
      })
    }
    const status = await new Promise<number | null>((resolve, reject) => {
      const timer = setTimeout(() => {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
        reject(new Error(`${method} did not end within ${PATIENCE} ms: ${output.stdout}${output.stderr}`))
      }, PATIENCE)
      child.once('error', reject)
      child.once('close', (code) => {
        clearTimeout(timer)
        resolve(code)
      })
    })
    return { status, ...output }
  }

  return {
    directory: plugin,
    runDirectory,
    start,
    async call<M extends MethodName>(method: M, params: CallParams<M>) {
      const { status, stdout, stderr } = await run(method, params)
      if (status !== 0) throw new Error(`${method} exited with ${status}: ${stdout}${stderr}`)
      return parseJson(stdout) as Result<M>
    },
    async fail(method, params) {
      const { status, stdout, stderr } = await run(method, params)
      if (status !== 1) throw new Error(`${method} should have failed; it exited with ${status}: ${stdout}${stderr}`)
      return JSON.parse(stdout) as CallError
    },
    // A job in the background may be about to end, and make a file meanwhile.
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  }
}
