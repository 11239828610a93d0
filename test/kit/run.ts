/** Plugins of the kit as real processes. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { dir } from 'tmp-promise'
import { type BuiltPlugin, buildPlugin } from '../../src/build/plugin.ts'

export const KIT = join(import.meta.dirname, '..', '..', 'src', 'kit', 'index.ts')

/** A directory below the temporary one, which `remove` takes away. */
export async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const { path, cleanup } = await dir({ prefix: 'smapiv3-kit-', unsafeCleanup: true })
  return { path, remove: cleanup }
}

/** Writes plugin.ts and builds it. */
export async function build(directory: string, source: string): Promise<BuiltPlugin> {
  await writeFile(join(directory, 'plugin.ts'), source)
  return buildPlugin(directory)
}

export interface Run {
  readonly status: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string | Uint8Array
  /** The whole environment; inherited by default. */
  readonly env?: Readonly<Record<string, string>>
}

export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { exitCode, stdout, stderr } = await execa(file, args, {
    input: options.input ?? '',
    reject: false,
    stripFinalNewline: false,
    timeout: 200_000,
    maxBuffer: 100_000_000,
    ...(options.env === undefined ? {} : { env: options.env, extendEnv: false }),
  })
  return { status: exitCode, stdout, stderr }
}

/** A call as the toolstack makes it. */
export function call(file: string, params: object, options: Omit<RunOptions, 'input'> = {}): Promise<Run> {
  return run(file, ['--json'], { ...options, input: JSON.stringify(params) })
}

/** What a call answered, parsed. */
export function answerOf({ stdout }: Run): unknown {
  return JSON.parse(stdout)
}
