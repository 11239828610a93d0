/** Runs one process to its end, within bounds of time and memory, whatever it does. */
import { endGroup, forget, remember } from './group.ts'
import { HeadAndTail, LimitedOutput } from './output.ts'
import { type CallPipes, closeAll, PIPES } from './pipes.ts'
import { type Exit, type Spawner, type StartedProcess, spawnWithNode } from './spawn.ts'
import { Streams } from './streams.ts'
import { timerMilliseconds } from './wait.ts'

export interface ProcessRequest {
  readonly argv: readonly [string, ...string[]]
  readonly environment: Readonly<Record<string, string>>
  /** Working directory; / where absent. */
  readonly cwd?: string | undefined
  /** Written to its stdin, which then ends; a process that does not read it is no failure. */
  readonly stdin: string
  /** Seconds from its start; none where absent or 0. */
  readonly deadline?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Most bytes of stdout; {@link OUTPUT_LIMIT} where absent. */
  readonly outputLimit?: number | undefined
  /** Seconds between SIGTERM and SIGKILL; {@link KILL_GRACE} where absent, and with 0 SIGKILL comes at once. */
  readonly killGrace?: number | undefined
  readonly spawner?: Spawner | undefined
}

/** Why the process is over. */
export type ProcessEnd = 'exited' | 'timed-out' | 'cancelled' | 'output-limit' | 'not-started'

export interface ProcessOutcome extends Exit {
  readonly argv: readonly [string, ...string[]]
  /** Null where it was not started. */
  readonly pid: number | null
  readonly stdout: Buffer
  /** The beginning and the end of what it wrote, 64 KiB at most. */
  readonly stderr: string
  readonly startedAt: Date
  /** Seconds. */
  readonly duration: number
  readonly end: ProcessEnd
  /** Why it was not started: the system's error, or a Smapiv3Error where the host itself had not what it needs. */
  readonly startError?: Error
  /** Not even SIGKILL ended it: it waits for a device or runs as another user. */
  readonly stillRunning: boolean
  /** Whether something held its stdout or stderr open after it had exited by itself. */
  readonly heldOpen: boolean
}

/** Bytes. */
export const OUTPUT_LIMIT = 64 * 1024 * 1024
/** Seconds. */
export const KILL_GRACE = 2

/**
 * Runs a process with its own process group and settles when it has exited and its output is drained. What it left
 * running in the background does not delay that, and lives on where the process exited by itself; otherwise the whole
 * group is ended. Never rejects.
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessOutcome> {
  const startedAt = new Date()
  const begin = performance.now()
  const output = { stdout: new LimitedOutput(request.outputLimit ?? OUTPUT_LIMIT), stderr: new HeadAndTail() }
  const result = await run(request, output)
  return {
    argv: request.argv,
    stdout: output.stdout.bytes(),
    stderr: output.stderr.text(),
    startedAt,
    duration: (performance.now() - begin) / 1000,
    ...result,
  }
}

interface Output {
  readonly stdout: LimitedOutput
  readonly stderr: HeadAndTail
}

type RunResult = Pick<
  ProcessOutcome,
  'pid' | 'exitStatus' | 'signal' | 'end' | 'startError' | 'stillRunning' | 'heldOpen'
>

const NEVER_RAN = { pid: null, exitStatus: null, signal: null, stillRunning: false, heldOpen: false } as const

async function run(request: ProcessRequest, output: Output): Promise<RunResult> {
  if (request.signal?.aborted) return { ...NEVER_RAN, end: 'cancelled' }
  const stop = new Stop()
  let streams: Streams | undefined
  try {
    const pipes = await PIPES.open()
    let child: StartedProcess | undefined
    try {
      streams = new Streams(pipes.host, request.stdin)
      child = await start(request, pipes)
    } finally {
      closeAll(pipes.child)
    }
    if (child === undefined) return { ...NEVER_RAN, end: 'cancelled' }
    streams.read({
      stdout: (chunk) => {
        output.stdout.add(chunk)
        if (output.stdout.exceeded) stop.because('output-limit')
      },
      stderr: (chunk) => output.stderr.add(chunk),
    })
    return await supervise(request, child, stop, streams)
  } catch (error) {
    const startError = error instanceof Error ? error : new Error(String(error))
    return { ...NEVER_RAN, end: 'not-started', startError }
  } finally {
    streams?.destroy()
  }
}

/** Undefined where the caller cancelled while the pipes were made. */
async function start(request: ProcessRequest, pipes: CallPipes): Promise<StartedProcess | undefined> {
  const { argv, cwd = '/', environment, signal, spawner = spawnWithNode } = request
  if (signal?.aborted) return undefined
  return spawner({ argv, cwd, environment, stdio: pipes.child })
}

async function supervise(
  { deadline, signal, killGrace = KILL_GRACE }: ProcessRequest,
  child: StartedProcess,
  stop: Stop,
  streams: Streams,
): Promise<RunResult> {
  const { pid } = child
  remember(pid)
  try {
    let exit = await exitOrStop(child, stop, deadline, signal)
    const ended = exit === undefined || (await Promise.race([streams.drained(), stop.stopped]))
    if (stop.cause === undefined)
      return { pid, ...(exit ?? NO_EXIT), end: 'exited', stillRunning: false, heldOpen: ended === false }
    const gone = await endGroup(child, timerMilliseconds(killGrace))
    if (gone) {
      exit = await child.exited
      await streams.drained()
    }
    return { pid, ...(exit ?? NO_EXIT), end: stop.cause, stillRunning: !gone, heldOpen: false }
  } finally {
    forget(pid)
  }
}

const NO_EXIT: Exit = { exitStatus: null, signal: null }

/** Undefined where there is a reason to stop before the process exits. */
async function exitOrStop(
  child: StartedProcess,
  stop: Stop,
  deadline: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Exit | undefined> {
  const cancel = () => stop.because('cancelled')
  const timer = deadline ? setTimeout(() => stop.because('timed-out'), timerMilliseconds(deadline)) : undefined
  signal?.addEventListener('abort', cancel)
  if (signal?.aborted) cancel()
  try {
    return (await Promise.race([child.exited, stop.stopped])) ?? undefined
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  }
}

/** The first reason to stop a process. */
class Stop {
  cause: Exclude<ProcessEnd, 'exited' | 'not-started'> | undefined
  readonly stopped: Promise<undefined>
  #stop: (() => void) | undefined

  constructor() {
    this.stopped = new Promise((resolve) => {
      this.#stop = () => resolve(undefined)
    })
  }

  because(cause: NonNullable<Stop['cause']>): void {
    this.cause ??= cause
    this.#stop?.()
  }
}
