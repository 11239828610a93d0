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
import { join } from 'node:path'
import { startBackground } from '../background.ts'
import { fileNameFor, runDirectory, socketPath } from '../run-directory.ts'
import { errnoOf } from '../storage-error.ts'
import { detachLoopsOver, mountsBelow, removeRemains } from './block-device.ts'
import { endDaemon, findDaemon, isDaemon, lettingGo, qmpArgument, waitUntil } from './daemon-process.ts'
import { type Qmp, withQmp } from './qmp.ts'

const PROGRAM = 'qemu-storage-daemon'
const PACKAGE = 'qemu-system-common'

/** Milliseconds for a daemon to end. */
const PATIENCE = 10_000

/** Milliseconds for a daemon to be ready: the libraries of all drivers may have to come from a slow disk. */
const START_PATIENCE = 60_000

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
  if (pid !== undefined) await lettingGo(pid)
  await lastLetsGo(daemon)
  const files = diskIds(daemon).map((id) => join(daemon.directory, 'disks', id, 'image'))
  for (const file of new Set([...mounts, ...files])) await removeRemains(file)
  rmSync(daemon.directory, { recursive: true, force: true })
}

/** Waits until a daemon that was killed just now has let go of its images. */
export async function lastLetsGo({ pidFile }: Daemon): Promise<void> {
  const pid = readPid(pidFile)
  if (pid !== undefined) await lettingGo(pid)
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
    patience: START_PATIENCE,
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
