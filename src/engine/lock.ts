/**
 * Locks between processes, on any number of hosts that share the file system, which the kernel releases when their
 * holder dies.
 *
 * An flock belongs to the open file description, not to the process: a lock that the tool `flock` takes on a descriptor it
 * inherited stays with us after the tool has exited, until the descriptor is closed, by us or by the kernel. The tool waits
 * where somebody holds the lock, and does all of it where this process cannot (see flock.ts).
 *
 * A lock file may be removed by whoever holds the lock (`Lock.remove`). Who waited for it then holds a lock on a file
 * without a name, notices, and tries again with the file that has the name now.
 */
import { type StdioOptions, spawn, spawnSync } from 'node:child_process'
import { closeSync, fstatSync, openSync, rmSync, statSync } from 'node:fs'
import { beginLongWork } from './busy.ts'
import { tryFlock } from './flock.ts'
import { storageError } from './storage-error.ts'
import { runTool, toolEnvironment } from './tool.ts'

/**
 * Seconds to wait for a lock: less than the shortest deadline of a method that takes one (5 minutes), so that the
 * caller learns why.
 */
const TIMEOUT_SECONDS = 240

/** Exit status that the tool is told to use where somebody else holds the lock; it has no other use for it. */
const HELD_ELSEWHERE = 75

const AT_ONCE = ['--nonblock']
const PATIENTLY = ['--timeout', String(TIMEOUT_SECONDS)]

/** A lock that is held. */
export interface Lock {
  /** For a tool to inherit, so that the lock outlasts this process until the tool is done. */
  readonly descriptor: number
  /** Gives the lock back; the file stays. */
  release(): void
  /** Removes the lock file, for when what it protected is gone, and gives the lock back. */
  remove(): void
}

/** Another process did not give a lock back in time. */
export class LockTimeoutError extends Error {
  override readonly name = 'LockTimeoutError'

  constructor(path: string) {
    super(`another process has held ${path} for more than ${TIMEOUT_SECONDS} seconds; repeat the call when it is done`)
  }
}

/**
 * Takes a lock, creating its file, and waits for it where somebody holds it.
 * @throws LockTimeoutError
 * @throws PluginError SR_BACKEND_FAILURE_44 where there is no space for the file
 */
export function lock(path: string): Lock {
  const free = acquire(path, AT_ONCE)
  if (free !== undefined) return free
  beginLongWork()
  const held = acquire(path, PATIENTLY)
  if (held === undefined) throw new LockTimeoutError(path)
  return held
}

/** Takes a lock unless somebody holds it. */
export function tryLock(path: string): Lock | undefined {
  return acquire(path, AT_ONCE)
}

/** Takes a lock as {@link lock} does; meanwhile this process can do other things. */
export async function lockBeside(path: string): Promise<Lock> {
  const held = await acquireBeside(path, PATIENTLY)
  if (held === undefined) throw new LockTimeoutError(path)
  return held
}

/** Takes a lock as {@link tryLock} does; meanwhile this process can do other things. */
export function tryLockBeside(path: string): Promise<Lock | undefined> {
  return acquireBeside(path, AT_ONCE)
}

/** Runs a body with a lock held. */
export function withLock<T>(path: string, body: (held: Lock) => T): T {
  const held = lock(path)
  try {
    return body(held)
  } finally {
    held.release()
  }
}

function acquire(path: string, patience: readonly string[]): Lock | undefined {
  for (;;) {
    const descriptor = openLockFile(path)
    let held = false
    try {
      if (!flock(descriptor, patience)) return undefined
      held = names(path, descriptor)
    } finally {
      if (!held) closeSync(descriptor)
    }
    if (held) return heldLock(path, descriptor)
  }
}

async function acquireBeside(path: string, patience: readonly string[]): Promise<Lock | undefined> {
  for (;;) {
    const descriptor = openLockFile(path)
    let held = false
    try {
      if (!(await flockBeside(descriptor, patience))) return undefined
      held = names(path, descriptor)
    } finally {
      if (!held) closeSync(descriptor)
    }
    if (held) return heldLock(path, descriptor)
  }
}

function openLockFile(path: string): number {
  try {
    return openSync(path, 'a', 0o600)
  } catch (error) {
    throw storageError(error)
  }
}

function heldLock(path: string, descriptor: number): Lock {
  let open = true
  const release = (): void => {
    if (open) closeSync(descriptor)
    open = false
  }
  return {
    descriptor,
    release,
    remove() {
      if (open) rmSync(path, { force: true })
      release()
    },
  }
}

/** Every call takes locks: the tool is run without pipes, which take as long as itself, and again where it has to say why. */
function flock(descriptor: number, patience: readonly string[]): boolean {
  const taken = flockHere(descriptor, patience)
  if (taken !== undefined) return taken
  const { status } = spawnSync('flock', flockArguments(patience), {
    env: toolEnvironment(),
    stdio: handing(descriptor),
  })
  return isTaken(status, descriptor, patience)
}

async function flockBeside(descriptor: number, patience: readonly string[]): Promise<boolean> {
  const taken = flockHere(descriptor, patience)
  if (taken !== undefined) return taken
  const child = spawn('flock', flockArguments(patience), { env: toolEnvironment(), stdio: handing(descriptor) })
  const status = await new Promise<number | null>((resolve) => {
    child.once('exit', resolve)
    child.once('error', () => resolve(null))
  })
  return isTaken(status, descriptor, patience)
}

/** Whether the lock is taken, as far as that needs no tool. */
function flockHere(descriptor: number, patience: readonly string[]): boolean | undefined {
  const taken = tryFlock(descriptor)
  return taken === false && patience !== AT_ONCE ? undefined : taken
}

function isTaken(status: number | null, descriptor: number, patience: readonly string[]): boolean {
  if (status !== 0 && status !== HELD_ELSEWHERE) runTool('flock', flockArguments(patience), descriptor)
  return status !== HELD_ELSEWHERE
}

function flockArguments(patience: readonly string[]): readonly string[] {
  return ['--exclusive', '--conflict-exit-code', String(HELD_ELSEWHERE), ...patience, '3']
}

/** What the tool inherits: the descriptor as number 3. */
function handing(descriptor: number): StdioOptions {
  return ['ignore', 'ignore', 'ignore', descriptor]
}

/** Whether a path still names the open file. */
function names(path: string, descriptor: number): boolean {
  const named = statSync(path, { throwIfNoEntry: false })
  const open = fstatSync(descriptor)
  return named !== undefined && named.ino === open.ino && named.dev === open.dev
}
