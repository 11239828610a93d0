/** The built command line as a process, with roots and state of its own. */
import { execFile, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { dir } from 'tmp-promise'

export const MAIN = resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.cjs')
export const PACKAGE = resolve(import.meta.dirname, '..', '..')

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A directory with a root, a state directory and the files of tests, removed at the end. */
export class Place {
  readonly path: string
  readonly root: string
  readonly #remove: () => Promise<void>

  private constructor(path: string, remove: () => Promise<void>) {
    this.path = path
    this.root = join(path, 'root')
    this.#remove = remove
    mkdirSync(join(this.root, 'volume.d'), { recursive: true, mode: 0o755 })
    mkdirSync(join(this.root, 'datapath.d'), { mode: 0o755 })
  }

  static async make(): Promise<Place> {
    const { path, cleanup } = await dir({ unsafeCleanup: true, prefix: 'smapiv3-cli' })
    return new Place(path, cleanup)
  }

  remove(): Promise<void> {
    return this.#remove()
  }

  environment(): NodeJS.ProcessEnv {
    const { PATH, HOME } = process.env
    return { PATH, HOME, SMAPIV3_STATE_DIR: join(this.path, 'state'), SMAPIV3_ROOT: this.root }
  }

  /** A plugin in sh: one script, and a link to it for each method. */
  double(kind: 'volume' | 'datapath', name: string, methods: readonly string[], script: string): string {
    const directory = join(this.root, `${kind}.d`, name)
    mkdirSync(directory, { mode: 0o755 })
    const main = join(directory, 'main.sh')
    writeFileSync(main, `#!/bin/sh\nread -r line\ncase "\${0##*/}" in\n${queryOf(kind, name)}${script}\nesac\n`)
    chmodSync(main, 0o755)
    for (const method of ['Plugin.query', ...methods]) symlinkSync('main.sh', join(directory, method))
    return directory
  }

  /** Runs smapiv3 to its end. */
  run(words: readonly string[], { input = '', environment = {} }: { input?: string; environment?: object } = {}) {
    return new Promise<Ended>((done) => {
      const env = { ...this.environment(), ...environment }
      const child = execFile(process.execPath, [MAIN, ...words], { env, maxBuffer: 2 ** 28 }, (_, stdout, stderr) => {
        done({ status: child.exitCode, signal: child.signalCode, stdout, stderr })
      })
      child.stdin?.on('error', () => {})
      child.stdin?.end(input)
    })
  }

  /** Runs smapiv3 with --json, which prints exactly one document whatever happens. */
  async json(...words: readonly string[]): Promise<{ status: number | null; value: unknown; stderr: string }> {
    const { status, stdout, stderr } = await this.run(['--json', ...words])
    if (!stdout.endsWith('\n')) throw new Error(`not one line: ${JSON.stringify(stdout)} ${stderr}`)
    return { status, value: JSON.parse(stdout), stderr }
  }

  /** Starts smapiv3 and leaves it running. */
  start(words: readonly string[]) {
    return spawn(process.execPath, [MAIN, ...words], { env: this.environment(), stdio: ['ignore', 'pipe', 'pipe'] })
  }
}

/** Waits until something holds, at most a minute: a busy machine is slow. */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 60_000
  while (!holds()) {
    if (performance.now() > end) throw new Error('it did not come true within a minute')
    await new Promise((next) => setTimeout(next, 20))
  }
}

function queryOf(kind: string, name: string): string {
  const query = {
    plugin: name.slice(name.lastIndexOf('.') + 1),
    name: 'Double',
    description: `A ${kind} plugin for tests`,
    vendor: 'nobody',
    copyright: 'nobody',
    version: '1.2',
    required_api_version: '5.0',
    features: kind === 'volume' ? ['SR_ATTACH'] : [],
    configuration: {},
    required_cluster_stack: [],
  }
  return `Plugin.query) echo '${JSON.stringify(query)}' ;;\n`
}
