/**
 * Processes that outlive the call that starts them, such as a qemu-storage-daemon: in a session of their own, with nothing
 * inherited but a log file. The caller waits until the process is ready, or learns why it is not.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { errors } from '../kit/index.ts'
import { findProcess, sendSignal, waitUntil } from './qsd/daemon-process.ts'
import { errnoOf } from './storage-error.ts'
import { toolEnvironment } from './tool.ts'

/** Bytes of what a process printed that an error message repeats. */
const EXCERPT = 2_000

/** What is to be started. */
export interface Background {
  readonly command: string
  readonly args: readonly string[]
  /** The Debian package that brings the command. */
  readonly package: string
  /** Beside PATH and LC_ALL. */
  readonly env?: Readonly<Record<string, string>>
  /** The file that what it prints is appended to. */
  readonly log: string
  /** What it reads from descriptor 3; it is in no file, and on no command line. */
  readonly secret?: string
  /** Milliseconds for it to be ready. */
  readonly patience: number
  readonly ready: () => boolean
  /** Called with its pid before it is ready. */
  readonly started?: (pid: number) => void
}

/** A process ended instead of becoming ready, or was not ready in time. */
export class StartError extends Error {
  override readonly name = 'StartError'
  /** Exit status; null where it was killed or did not end. */
  readonly status: number | null

  constructor(message: string, status: number | null = null) {
    super(message)
    this.status = status
  }
}

/**
 * Starts a process and waits until it is ready; one that is not ready in time is killed.
 * @throws PluginError (MissingDependency) where the command is not installed
 * @throws StartError with what it printed
 */
export async function startBackground(background: Background): Promise<void> {
  const { command, args, env, log, secret, patience, ready, started } = background
  const output = openSync(log, 'a', 0o600)
  const input = secret === undefined ? undefined : openSecret(`${log}.secret`, secret)
  try {
    const child = spawn(command, args, {
      cwd: '/',
      env: { ...toolEnvironment(), ...env },
      stdio: ['ignore', output, output, input ?? 'ignore'],
      detached: true,
    })
    let failure: Error | undefined
    child.once('error', (error) => {
      failure = errnoOf(error) === 'ENOENT' ? errors.missingDependency(command, background.package) : error
    })
    child.once('exit', (status, signal) => {
      const ending = signal ?? `exit status ${status}`
      failure ??= new StartError(`${command} ended at its start (${ending}): ${excerpt(log)}`, status)
    })
    if (child.pid !== undefined) started?.(child.pid)
    const isReady = await waitUntil(() => failure !== undefined || ready(), patience)
    child.removeAllListeners()
    child.unref()
    if (failure !== undefined) throw failure
    if (!isReady) {
      child.kill('SIGKILL')
      throw new StartError(`${command} was not ready within ${patience} ms: ${excerpt(log)}`)
    }
  } finally {
    closeSync(output)
    if (input !== undefined) closeSync(input)
  }
}

/**
 * Ends the process that has these very arguments on its command line, with all of its group, whatever it is at, and waits until
 * it has ended; it is no error where there is none.
 * @param patience milliseconds
 */
export async function endBackground(patience: number, ...wanted: readonly string[]): Promise<void> {
  await waitUntil(() => {
    const pid = findProcess(...wanted)
    if (pid !== undefined) sendSignal(-pid, 'SIGKILL')
    return pid === undefined
  }, patience)
}

/** A descriptor to read a text from that is in no directory. */
export function openSecret(path: string, text: string): number {
  try {
    writeFileSync(path, text, { mode: 0o600 })
    return openSync(path, 'r')
  } finally {
    rmSync(path, { force: true })
  }
}

function excerpt(file: string): string {
  return readFileSync(file, 'utf8').trim().slice(-EXCERPT) || 'it printed nothing'
}
