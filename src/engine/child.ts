/**
 * Processes, started by what node:child_process itself is made of: it takes three milliseconds to load, with node:net, longer
 * than most tools run. Where that is not to be used (see internals.ts),
 * node:child_process does it.
 */
import { type SpawnSyncOptionsWithStringEncoding, spawn, spawnSync } from 'node:child_process'
import { getSystemErrorName } from 'node:util'
import { type ProcessBindings, processBindings } from './child-bindings.ts'

type Environment = Readonly<Record<string, string>>

/** How a process ended. */
export interface Ending {
  /** Exit status; null where it was killed. */
  readonly status: number | null
  /** The signal that killed it, such as SIGKILL; null where none did. */
  readonly signal: string | null
}

/** What a process left. */
export interface Outcome extends Ending {
  readonly stdout: string
  readonly stderr: string
}

/** A process that runs. */
export interface Child {
  kill(signal: 'SIGKILL'): void
  /** Lets this process end before it. */
  unref(): void
}

/**
 * Runs a program to its end.
 * @param inherited a descriptor that it gets as number 3
 * @throws Error with the `code` of the system where it cannot be started, such as ENOENT
 */
export function runToEnd(
  command: string,
  args: readonly string[],
  env: Environment,
  inherited?: number,
  bindings: ProcessBindings | null = processBindings() ?? null,
): Outcome {
  if (bindings === null) {
    const stdio: SpawnSyncOptionsWithStringEncoding['stdio'] = ['ignore', 'pipe', 'pipe', inherited ?? 'ignore']
    const result = spawnSync(command, args, { env, stdio, encoding: 'utf8', maxBuffer: Number.POSITIVE_INFINITY })
    if (result.error) throw result.error
    return result
  }
  const { error, status, signal, output } = bindings.spawnSync({
    ...described(command, args, env),
    stdio: [
      IGNORED,
      { type: 'pipe', readable: false, writable: true },
      { type: 'pipe', readable: false, writable: true },
      descriptor(inherited),
    ],
  })
  if (error !== undefined) throw startError(command, error)
  return { status, signal, stdout: textOf(output?.[1]), stderr: textOf(output?.[2]) }
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString()
}

/**
 * Starts a program that prints to a descriptor, stdout and stderr alike.
 * @param inherited a descriptor that it gets as number 3
 * @param ended called when it has ended
 * @param failed called where it cannot be started, with the `code` of the system, such as ENOENT
 */
export function startChild(
  command: string,
  args: readonly string[],
  env: Environment,
  output: number,
  inherited: number | undefined,
  ended: (ending: Ending) => void,
  failed: (error: Error) => void,
  bindings: ProcessBindings | null = processBindings() ?? null,
): Child {
  if (bindings === null) {
    const child = spawn(command, args, { cwd: '/', env, stdio: ['ignore', output, output, inherited ?? 'ignore'] })
    child.once('error', failed)
    child.once('exit', (status, signal) => ended({ status, signal }))
    return child
  }
  const child = new bindings.Process()
  child.onexit = (status, signal) => {
    child.close()
    ended(signal === '' ? { status, signal: null } : { status: null, signal })
  }
  const printed = descriptor(output)
  const stdio = [IGNORED, printed, printed, descriptor(inherited)]
  const status = child.spawn({ ...described(command, args, env), cwd: '/', stdio })
  if (status !== 0) {
    child.close()
    setImmediate(failed, startError(command, status))
  }
  return {
    kill: () => void child.kill(SIGKILL),
    unref: () => child.unref(),
  }
}

const IGNORED = { type: 'ignore' }

function descriptor(number: number | undefined): object {
  return number === undefined ? IGNORED : { type: 'fd', fd: number }
}

const SIGKILL = 9

function described(command: string, args: readonly string[], env: Environment) {
  const envPairs = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return { file: command, args: [command, ...args], envPairs, detached: false }
}

function startError(command: string, status: number): Error {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`spawn ${command} ${code}`), { code, errno: status, syscall: `spawn ${command}` })
}
