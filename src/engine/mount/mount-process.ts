/** The process that holds a mount: started, found again, and ended. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { errors } from '../../kit/index.ts'
import { StartError, startBackground } from '../background.ts'
import { findProcess, lettingGo, sendSignal, waitUntil } from '../qsd/daemon-process.ts'
import { errnoOf } from '../storage-error.ts'
import { MountError, type Mounter, type MountProcess } from './mounter.ts'

/** Milliseconds for a mount to be there, and for its process to end. */
const PATIENCE = 20_000

/** Exit status of unshare, and of the shell, where the program is not there. */
const NOT_FOUND = 127

/** Where the files of a mount are. */
export interface MountPlaces {
  readonly directory: string
  /** An argument of the process, by which it is known. */
  readonly mountpoint: string
  readonly pidFile: string
  /** What the process prints. */
  readonly log: string
}

/**
 * Starts the process and waits until it has mounted the file system.
 * @throws MountError, PluginError (MissingDependency)
 */
export async function startMountProcess(places: MountPlaces, mount: MountProcess, mounter: Mounter): Promise<void> {
  const { command, args, env, secret } = mount
  if (userId() !== 0) throw new MountError('only root can mount it, and smapiv3 does not run as root: run it as root')
  rmSync(places.log, { force: true })
  try {
    await startBackground({
      command: 'unshare',
      package: 'util-linux',
      args: ['--mount', '--propagation', 'private', '--', command, ...args],
      env,
      log: places.log,
      ...(secret === undefined ? {} : { secret }),
      patience: PATIENCE,
      ready: () => mountHolder(places) !== undefined,
      started: (pid) => writeFileSync(places.pidFile, String(pid), { mode: 0o600 }),
    })
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    if (error.status === NOT_FOUND) throw errors.missingDependency(mounter.program, mounter.package)
    throw new MountError(`${mounter.program}: ${error.message}`)
  }
}

function userId(): number {
  return process.geteuid?.() ?? 0
}

/** The process of a mount that is there. */
export function mountHolder({ pidFile, mountpoint }: MountPlaces): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mountpoint)) return undefined
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(` ${mountpoint} `) ? pid : undefined
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EINVAL'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

/** Ends the process of a mount, also one whose directory was removed: that took the mount away but not the process. */
export async function endMountProcess({ mountpoint }: MountPlaces): Promise<void> {
  const ended = new Set<number>()
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const gone = await waitUntil(() => {
      const pid = findProcess(mountpoint)
      if (pid === undefined) return true
      ended.add(pid)
      sendSignal(pid, signal)
      return false
    }, PATIENCE / 2)
    if (!gone) continue
    for (const pid of ended) await lettingGo(pid)
    return
  }
  throw new MountError(`the process that holds ${mountpoint} does not end`)
}

/** The end of what the process of a mount printed. */
export function printedBy({ log }: MountPlaces): string {
  return existsSync(log) ? readFileSync(log, 'utf8').trim().slice(-2_000) : ''
}
