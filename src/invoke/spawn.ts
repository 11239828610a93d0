/**
 * The only file of the host that starts processes. A {@link Spawner} is the seam for another way of starting them, such
 * as a small helper that does not pay for the memory of this process when it forks.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'

export interface SpawnRequest {
  /** The executable's path, which is also its argv[0], and its arguments. */
  readonly argv: readonly [string, ...string[]]
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  /** Descriptors that become 0, 1 and 2 of the process; they stay open here. */
  readonly stdio: readonly [stdin: number, stdout: number, stderr: number]
}

/** How a process ended: one of the two is null. */
export interface Exit {
  readonly exitStatus: number | null
  readonly signal: NodeJS.Signals | null
}

export interface StartedProcess {
  /** Also the id of its process group, which it leads. */
  readonly pid: number
  /** Never rejects. */
  readonly exited: Promise<Exit>
}

/**
 * Starts a process as the leader of a new process group. A file without a #! line is run by /bin/sh, as execvp does.
 * Rejects with the system's error (ENOENT, EACCES, EAGAIN…) where it does not start.
 */
export type Spawner = (request: SpawnRequest) => Promise<StartedProcess>

export const spawnWithNode: Spawner = async ({ argv: [file, ...args], cwd, environment, stdio }) => {
  const hidden = hideInherited()
  try {
    const child = spawn(file, args, {
      cwd,
      env: environment,
      stdio: [...stdio, ...hidden.stdio],
      detached: true,
    })
    return await started(child)
  } finally {
    hidden.close()
  }
}

/** A script of the host's own, run by /bin/sh; its stderr is not read. Rejects where it does not start. */
export async function startShell(
  script: string,
  args: readonly string[],
): Promise<ChildProcessByStdio<Writable, Readable, null>> {
  const shell = spawn('/bin/sh', ['-c', script, 'sh', ...args], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })
  await started(shell)
  // The end of its output tells when it is gone; that it can no longer be written to adds nothing.
  shell.stdin.on('error', () => undefined)
  return shell
}

function started(child: ChildProcess): Promise<StartedProcess> {
  return new Promise((resolve, reject) => {
    const { pid } = child
    if (pid === undefined) {
      child.once('error', reject)
      return
    }
    const exited = new Promise<Exit>((exit) => {
      child.once('exit', (exitStatus, signal) => exit({ exitStatus, signal }))
    })
    resolve({ pid, exited })
  })
}

interface Hidden {
  readonly stdio: readonly (number | 'ignore')[]
  close(): void
}

const NOTHING_TO_HIDE: Hidden = { stdio: [], close: () => undefined }

let inherited: readonly number[] | undefined

/**
 * Whoever started this process may have left descriptors open in it that survive an exec (Node marks only the first
 * few). A plugin finds /dev/null in their place.
 */
function hideInherited(): Hidden {
  inherited ??= inheritableDescriptors()
  if (inherited.length === 0) return NOTHING_TO_HIDE
  const nothing = openSync('/dev/null', 'r+')
  const stdio: (number | 'ignore')[] = []
  for (let descriptor = 3; descriptor <= Math.max(...inherited); descriptor += 1) {
    stdio.push(inherited.includes(descriptor) ? nothing : 'ignore')
  }
  return { stdio, close: () => closeSync(nothing) }
}

const O_CLOEXEC = 0o2000000

/**
 * Descriptors beyond stderr without close-on-exec. Node makes none such, so looking once is enough. One that is beyond
 * a limit lowered since it was opened cannot be replaced.
 */
function inheritableDescriptors(): readonly number[] {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity)
  return readdirSync('/proc/self/fdinfo')
    .map(Number)
    .filter((descriptor) => descriptor > 2 && descriptor < limit && survivesExec(descriptor))
}

function survivesExec(descriptor: number): boolean {
  try {
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1]
    return (Number.parseInt(flags ?? '0', 8) & O_CLOEXEC) === 0
  } catch {
    // Closed since: it was the directory being read.
    return false
  }
}
