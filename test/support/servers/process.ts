/** A server process in a process group of its own: started, watched until it is ready, stopped or killed. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { eventually } from './eventually.ts'

export interface ServerProcess {
  /** Waits until the condition holds, and fails where the process ends before. */
  ready(condition: () => boolean | Promise<boolean>): Promise<void>
  /** What it printed so far. */
  output(): string
  /** SIGTERM, and SIGKILL where that is not enough; it is no error where it has ended. */
  stop(): Promise<void>
  /** SIGTERM, and waits until it has put away all that it has. */
  end(): Promise<void>
  /** SIGKILL to the whole group: no buffer is written, no client is told. */
  kill(): Promise<void>
}

/**
 * Milliseconds that a server has to end by itself where nobody needs what it has, and for what must come about, which a busy machine
 * or disk may hold up.
 */
const PATIENCE = { end: 5_000, long: 120_000 }

export function startProcess(
  command: string,
  args: readonly string[],
  { env, log }: { readonly env: Readonly<Record<string, string>>; readonly log: string },
): ServerProcess {
  const descriptor = openSync(log, 'a')
  const child = spawn(command, args, { env, cwd: '/', detached: true, stdio: ['ignore', descriptor, descriptor] })
  closeSync(descriptor)
  const { pid } = child
  let ending: string | undefined
  /** Whether nothing of its group is left: the number may be that of somebody else's by now. */
  let isGone = pid === undefined
  child.once('error', (error) => {
    ending = error.message
  })
  child.once('exit', (status, signal) => {
    ending = signal ?? `exit status ${status}`
    noticeEnd()
  })

  function noticeEnd(): boolean {
    if (pid === undefined || !groupExists(pid)) isGone = true
    return isGone
  }

  /** Signals the group, whose members may outlive the first process of it. */
  function signal(name: NodeJS.Signals): boolean {
    if (pid === undefined || isGone) return false
    try {
      return process.kill(-pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
      throw error
    }
  }

  function groupEnds(patience: number): Promise<void> {
    return eventually(() => isGone || noticeEnd(), `the processes of ${args.join(' ')} end`, patience)
  }

  const output = (): string => readFileSync(log, 'utf8')
  return {
    output,
    async ready(condition) {
      await eventually(async () => ending !== undefined || (await condition()), `${args.join(' ')} is ready`)
      if (ending !== undefined) throw new Error(`${args.join(' ')} ended (${ending}): ${output()}`)
    },
    async stop() {
      if (!signal('SIGTERM')) return
      try {
        await groupEnds(PATIENCE.end)
      } catch {
        signal('SIGKILL')
        await groupEnds(PATIENCE.long)
      }
    },
    async end() {
      if (signal('SIGTERM')) await groupEnds(PATIENCE.long)
    },
    async kill() {
      signal('SIGKILL')
      await groupEnds(PATIENCE.long)
    },
  }
}

function groupExists(pid: number): boolean {
  try {
    return process.kill(-pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
