/**
 * A qemu-storage-daemon (QSD) and its directory: start it, find it again, clean up after its death, stop it.
 *
 * One daemon serves many disks, because a daemon of its own costs a disk about 9 MB and 10 ms where a node in a running
 * one costs a fraction of a megabyte and 2 ms. A daemon that dies takes all its disks with it, and one that waits for a
 * server that does not answer keeps the commands of all its disks waiting; therefore disks share a daemon only where
 * they share that fate anyway: one daemon for each *group*, which is a scheme and the server behind it, such as `file`
 * or `nfs:server`. The caller names the group.
 *
 * Everything about a daemon lies in its directory below the run directory: the sockets, its pid, what it printed, and
 * one directory for each disk. No process of ours outlives a call: each call takes the group's lock, reads what is
 * there, asks the daemon, and goes. Whatever the directory says is checked against the kernel (the command line of the
 * pid, the mounts, the loop devices), so that the daemon may be killed and the directory removed at any instant.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startBackground } from '../background.ts'
import { type Lock, lockBeside, tryLockBeside } from '../lock.ts'
import { fileNameFor, runDirectory, socketPath } from '../run-directory.ts'
import { errnoOf } from '../storage-error.ts'
import { detachLoopsOver, mountsBelow, removeRemains } from './block-device.ts'
import { endDaemon, findDaemon, isDaemon, qmpArgument, waitUntil } from './daemon-process.ts'
import { dropConnection, keepConnection, type Qmp, withQmp } from './qmp.ts'

const PROGRAM = 'qemu-storage-daemon'
const PACKAGE = 'qemu-system-common'

/** Milliseconds for a daemon to be ready, and to end. */
const PATIENCE = 10_000

/** Milliseconds that the lock is held at most while what comes before its use is not done. */
const MOMENT = 25

/** Bytes of what a daemon printed that are kept at most. */
const LOG_LIMIT = 1 << 20

/** The places of a daemon; it need not run. */
export interface Daemon {
  readonly group: string
  readonly directory: string
  readonly qmpSocket: string
  readonly nbdSocket: string
  readonly pidFile: string
  readonly logFile: string
  readonly lockFile: string
}

/**
 * The places of the daemon of a group; nothing is made or started.
 * @param lockGroup the group that it shares its lock with
 * @throws SocketPathError where the run directory's path is too long for a socket
 */
export function daemonOf(group: string, lockGroup = group): Daemon {
  const base = runDirectory('qsd')
  const directory = join(base, fileNameFor(group))
  return {
    group,
    directory,
    qmpSocket: socketPath(join(directory, 'qmp')),
    nbdSocket: socketPath(join(directory, 'nbd')),
    pidFile: join(directory, 'pid'),
    logFile: join(directory, 'log'),
    lockFile: join(base, `${fileNameFor(lockGroup)}.lock`),
  }
}

/** The lock files that `holdingDaemon` holds in this process. */
const held = new Set<string>()

/** Runs a body while no other process changes anything of this daemon. */
export async function withDaemonLock<T>(daemon: Daemon, body: () => Promise<T>): Promise<T> {
  if (held.has(daemon.lockFile)) return await body()
  const taken = await lockBeside(lockFileOf(daemon))
  try {
    return await body()
  } finally {
    giveBack(daemon, taken)
  }
}

/**
 * Runs a body that takes the daemon's lock several times, one after the other, with the lock taken once: taking it is a
 * process, and activation is the downtime of a migration. Meanwhile the daemon is connected to, which the body needs.
 * @param first what has to be done before, beside which the lock is taken, unless it takes longer
 */
export async function holdingDaemon<T>(daemon: Daemon, body: () => Promise<T>, first?: Promise<void>): Promise<T> {
  if (held.has(daemon.lockFile)) {
    await first
    return await body()
  }
  const taken = await takeBeside(daemon, first)
  held.add(daemon.lockFile)
  try {
    return await body()
  } finally {
    held.delete(daemon.lockFile)
    dropConnection(daemon.qmpSocket)
    giveBack(daemon, taken)
  }
}

/** Who waits keeps nothing that others may wait for: neither the lock, nor the daemon, which serves one client. */
async function takeBeside(daemon: Daemon, first: Promise<void> = Promise.resolve()): Promise<Lock> {
  const attempts = [tryLockBeside(lockFileOf(daemon)), isSoon(first)] as const
  if (existsSync(daemon.qmpSocket)) keepConnection(daemon.qmpSocket)
  const [trying, waiting] = await Promise.allSettled(attempts)
  const taken = trying.status === 'fulfilled' ? trying.value : undefined
  if (taken !== undefined && waiting.status === 'fulfilled' && waiting.value) return taken
  dropConnection(daemon.qmpSocket)
  if (taken !== undefined) giveBack(daemon, taken)
  await first
  return await lockBeside(lockFileOf(daemon))
}

/** Whether something is done within a moment. */
async function isSoon(promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), MOMENT)
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

function lockFileOf({ lockFile }: Daemon): string {
  mkdirSync(dirname(lockFile), { recursive: true, mode: 0o700 })
  return lockFile
}

function giveBack(daemon: Daemon, taken: Lock): void {
  // Nothing is left of a daemon that has been stopped.
  if (existsSync(daemon.directory)) taken.release()
  else taken.remove()
}

/** The pid of the daemon; undefined where it does not run. */
export function runningPid(daemon: Daemon): number | undefined {
  const pid = readPid(daemon.pidFile)
  return pid !== undefined && isDaemon(pid, daemon.qmpSocket) ? pid : undefined
}

/**
 * Sees to it that the daemon runs, and cleans up after one that has died. Called with the lock held.
 * @throws PluginError (MissingDependency) where the program is not installed
 * @throws Error with what the daemon printed, where it does not come up
 */
export async function ensureRunning(daemon: Daemon): Promise<void> {
  if (runningPid(daemon) !== undefined && existsSync(daemon.qmpSocket)) return boundLog(daemon.logFile)
  await cleanUp(daemon)
  mkdirSync(daemon.directory, { recursive: true, mode: 0o700 })
  await start(daemon)
}

/**
 * Runs a body with a connection to the daemon; undefined where the daemon does not run, after cleaning up what it left.
 * Called with the lock held.
 * @param patience milliseconds for the daemon to take the connection, and for each answer
 */
export async function withRunning<T>(
  daemon: Daemon,
  body: (qmp: Qmp) => Promise<T>,
  patience?: number,
): Promise<T | undefined> {
  if (runningPid(daemon) !== undefined && existsSync(daemon.qmpSocket)) {
    return await withQmp(daemon.qmpSocket, body, patience, patience)
  }
  await cleanUp(daemon)
  return undefined
}

/** Stops the daemon and removes its directory. Called with the lock held. */
export async function stop(daemon: Daemon): Promise<void> {
  const pid = runningPid(daemon)
  if (pid !== undefined && (await quit(daemon))) await waitUntil(() => !isDaemon(pid, daemon.qmpSocket), PATIENCE)
  await cleanUp(daemon)
}

/**
 * Ends a daemon that waits for storage that does not answer, by force, and removes its directory. Called with the lock
 * held.
 */
export async function abandon(daemon: Daemon): Promise<void> {
  await cleanUp(daemon, ['SIGKILL'])
}

/** The ids of the disks that have a directory in this daemon's. */
export function diskIds(daemon: Daemon): readonly string[] {
  try {
    return readdirSync(join(daemon.directory, 'disks'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Ends a daemon that is out of reach, and removes the loop devices, mounts and files of one that is dead. */
async function cleanUp(daemon: Daemon, signals?: readonly NodeJS.Signals[]): Promise<void> {
  const mounts = mountsBelow(daemon.directory)
  // While the daemon lives: it takes its mounts with it, and a loop device over one could no longer be told from others.
  for (const file of mounts) await detachLoopsOver(file)
  // Whose directory was removed is found only by looking at every process.
  const pid = runningPid(daemon) ?? findDaemon(daemon.qmpSocket)
  if (pid !== undefined) await endDaemon(pid, daemon.qmpSocket, PATIENCE, signals)
  const files = diskIds(daemon).map((id) => join(daemon.directory, 'disks', id, 'image'))
  for (const file of new Set([...mounts, ...files])) await removeRemains(file)
  rmSync(daemon.directory, { recursive: true, force: true })
}

async function quit(daemon: Daemon): Promise<boolean> {
  try {
    await withQmp(daemon.qmpSocket, (qmp) => qmp.execute('quit', {}, PATIENCE), PATIENCE)
    return true
  } catch {
    // Whatever the reason: the clean-up that follows ends the process by signals.
    return false
  }
}

/** Not with --daemonize: that sends to nowhere what the daemon prints later. */
async function start(daemon: Daemon): Promise<void> {
  await startBackground({
    command: PROGRAM,
    package: PACKAGE,
    args: programArguments(daemon),
    log: daemon.logFile,
    patience: PATIENCE,
    ready: () => readPid(daemon.pidFile) !== undefined,
  })
}

/** The pid file is written last, when both sockets listen. */
function programArguments(daemon: Daemon): readonly string[] {
  return [
    ...['--pidfile', daemon.pidFile],
    ...['--chardev', qmpArgument(daemon.qmpSocket)],
    ...['--monitor', 'chardev=qmp'],
    ...['--nbd-server', `addr.type=unix,addr.path=${daemon.nbdSocket},max-connections=0`],
  ]
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
    return pid > 0 ? pid : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The daemon appends to its log, so that emptying it is harmless. */
function boundLog(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats !== undefined && stats.size > LOG_LIMIT) truncateSync(file, 0)
}
