/**
 * Runs the storage tools of the operating system: arguments as a list and never through a shell, messages in the C
 * locale, a PATH that has the sbin directories whatever the caller's environment is.
 *
 * By spawnSync: a plugin process serves one call and has nothing to do while a tool runs, a tool must be able to
 * inherit a lock, and a library would take as long to load as most tools take to run.
 */
import { type ChildProcessByStdio, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { errors } from '../kit/index.ts'
import { beginLongWork, beginStep } from './busy.ts'
import { onAbort } from './cancellation.ts'
import { type Ending, type Outcome, runToEnd, startChild } from './child.ts'
import { errnoOf } from './storage-error.ts'

/** The tools the bundled plugins use → the Debian package that brings each. */
const PACKAGES = {
  blkdiscard: 'util-linux',
  cp: 'coreutils',
  filefrag: 'e2fsprogs',
  flock: 'util-linux',
  'iscsi-inq': 'libiscsi-bin',
  'iscsi-ls': 'libiscsi-bin',
  'iscsi-readcapacity16': 'libiscsi-bin',
  losetup: 'util-linux',
  lvm: 'lvm2',
  modprobe: 'kmod',
  mount: 'mount',
  nbdkit: 'nbdkit',
  perl: 'perl-base',
  'qemu-img': 'qemu-utils',
  smbclient: 'smbclient',
  stat: 'coreutils',
  sync: 'coreutils',
  'tap-ctl': 'blktap',
  umount: 'mount',
  wipefs: 'util-linux',
} as const

export type Tool = keyof typeof PACKAGES

/** What takes no longer the larger the volume is: tool → commands. */
const QUICK: Readonly<Partial<Record<Tool, readonly string[]>>> = { 'qemu-img': ['bitmap', 'create', 'info', 'resize'] }

/** Where tools of the system are, for callers whose PATH is empty or has no sbin. */
const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'

/** A tool that ran and failed. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
  readonly stderr: string
  /** What it had printed until then; empty where it was not asked for. */
  readonly stdout: string
  /** Exit status; null where the tool was killed. */
  readonly status: number | null

  constructor(
    command: readonly string[],
    outcome: { status: number | null; signal: string | null; stderr: string; stdout?: string },
  ) {
    const { status, signal, stderr } = outcome
    const ending = status === null ? `killed by ${signal}` : `exit status ${status}`
    super([command.join(' '), ending, ...(stderr.trim() === '' ? [] : [stderr.trim()])].join(': '))
    this.stderr = stderr
    this.stdout = outcome.stdout ?? ''
    this.status = status
  }
}

/**
 * Runs a tool to its end and returns what it printed on stdout.
 * @param inherited a descriptor that the tool gets as number 3: a lock on it is held as long as the tool runs, even
 *   where this process is killed meanwhile
 * @param environment what the tool gets beside PATH and the C locale
 * @throws PluginError (MissingDependency) where the tool is not installed, naming its Debian package
 * @throws ToolError where it fails, with its stderr
 */
export function runTool(
  tool: Tool,
  args: readonly string[],
  inherited?: number,
  environment: Readonly<Record<string, string>> = {},
): string {
  if (QUICK[tool]?.includes(args[0] ?? '')) beginStep()
  else beginLongWork()
  const result = outcomeOf(tool, () => runToEnd(tool, args, { ...environment, ...toolEnvironment() }, inherited))
  // Some print errors where others print results.
  if (result.status !== 0) throw new ToolError([tool, ...args], { ...result, stderr: result.stderr || result.stdout })
  return result.stdout
}

function outcomeOf(tool: Tool, run: () => Outcome): Outcome {
  try {
    return run()
  } catch (error) {
    throw missing(tool, error)
  }
}

/** PluginError (MissingDependency) in place of an error that says that the tool is not there. */
function missing(tool: Tool, error: unknown): unknown {
  return errnoOf(error) === 'ENOENT' ? errors.missingDependency(tool, PACKAGES[tool]) : error
}

/** A tool waits for storage that does not answer. */
export class ToolTimeoutError extends Error {
  override readonly name = 'ToolTimeoutError'

  constructor(command: readonly string[], patience: number) {
    super(`${command.join(' ')}: not done within ${patience} ms, its storage does not answer`)
  }
}

/** What differs from tool to tool of those that may have to wait. */
export interface ToolOptions {
  /** What the tool gets beside PATH and the C locale. */
  readonly environment?: Readonly<Record<string, string>>
  /** Something that changes while the storage answers, from which on the patience counts anew. */
  readonly progress?: () => string
  /** A file that gets all that the tool prints, in place of pipes, which take as long to make as most tools run. */
  readonly log?: string
  /** A descriptor that the tool gets as number 3. */
  readonly inherited?: number | undefined
}

/**
 * Runs a tool that may have to wait for storage that does not answer. No signal ends a process that the kernel keeps
 * waiting, and who waits for it waits as long: after so many milliseconds it is left behind, and ends when the kernel
 * lets it. Returns what it printed on stdout.
 * @throws PluginError (MissingDependency), ToolError, ToolTimeoutError
 */
export async function runToolWithin(
  tool: Tool,
  args: readonly string[],
  patience: number,
  { environment = {}, progress = () => '', log, inherited }: ToolOptions = {},
): Promise<string> {
  let isOver = false
  let end = (): void => {}
  try {
    return await new Promise<string>((resolve, reject) => {
      const child = (log === undefined ? startPrinting : startLogging(log))(
        tool,
        args,
        { ...environment, ...toolEnvironment() },
        inherited,
        (ending) => {
          // One that was left behind ends some day, and what it printed is of no interest then.
          if (isOver) return
          if (ending.status === 0) resolve(child.stdout())
          else reject(new ToolError([tool, ...args], { ...ending, stdout: child.stdout(), stderr: child.stderr() }))
        },
        (error) => reject(missing(tool, error)),
      )
      let timer: NodeJS.Timeout | undefined
      const watch = (before: string): void => {
        timer = setTimeout(() => {
          const now = progress()
          if (now !== before) return watch(now)
          giveUp()
        }, patience)
      }
      const giveUp = (): void => {
        child.kill()
        reject(new ToolTimeoutError([tool, ...args], patience))
      }
      watch(progress())
      const forget = onAbort(giveUp)
      end = () => {
        clearTimeout(timer)
        forget()
        isOver = true
        child.leave()
      }
    })
  } finally {
    end()
  }
}

/** A tool that runs. */
interface Running {
  kill(): void
  /** Waits for it no longer. */
  leave(): void
  /** What it has printed. */
  stdout(): string
  stderr(): string
}

type Start = (
  tool: Tool,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  inherited: number | undefined,
  ended: (ending: Ending) => void,
  failed: (error: Error) => void,
) => Running

/** Starts a tool that prints to pipes. */
const startPrinting: Start = (tool, args, env, inherited, ended, failed) => {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', inherited ?? 'ignore']
  const child = spawn(tool, args, { cwd: '/', env, stdio }) as ChildProcessByStdio<null, Readable, Readable>
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
    })
  }
  child.once('error', failed)
  child.once('close', (status, signal) => ended({ status, signal }))
  return {
    kill: () => void child.kill('SIGKILL'),
    leave() {
      child.stdout.destroy()
      child.stderr.destroy()
      child.unref()
    },
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
  }
}

/** Starts a tool that prints to a file. */
function startLogging(log: string): Start {
  return (tool, args, env, inherited, ended, failed) => {
    const output = openSync(log, 'w', 0o600)
    try {
      const child = startChild(tool, args, env, output, inherited, ended, failed)
      return {
        kill: () => child.kill('SIGKILL'),
        leave: () => child.unref(),
        stdout: () => contentOf(log),
        stderr: () => contentOf(log),
      }
    } finally {
      closeSync(output)
    }
  }
}

/** Empty where it has been removed meanwhile, with whatever it was about. */
function contentOf(log: string): string {
  try {
    return readFileSync(log, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ''
    throw error
  }
}

/** The environment of every process of ours. */
export function toolEnvironment(): { readonly PATH: string; readonly LC_ALL: string } {
  const { PATH } = process.env
  return { PATH: PATH ? `${PATH}:${SYSTEM_PATH}` : SYSTEM_PATH, LC_ALL: 'C' }
}
