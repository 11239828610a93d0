/**
 * The mounts of file systems of servers, each shared by those who use it and gone with the last.
 *
 * A mount is in a namespace of its own, which a process holds, and is reached through that process in /proc: whoever
 * cleans up the run directory, by whatever means, can never delete what is on the server. No umount can fail, and none
 * can be forgotten: where the process ends, the mount ends.
 */
import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lock } from '../lock.ts'
import { fileNameFor, runDirectory } from '../run-directory.ts'
import { errnoOf } from '../storage-error.ts'
import { endMountProcess, type MountPlaces, mountHolder, printedBy, startMountProcess } from './mount-process.ts'
import { type Mountable, MountError, type Mounter } from './mounter.ts'

/** The places of a mount, and where its users are counted. */
interface Mount extends MountPlaces {
  /** A link to the file system, through the process: the same path when it is mounted again. */
  readonly root: string
  /** One empty file for each user of the mount. */
  readonly users: string
}

/**
 * Mounts a file system, unless it is mounted, and counts its user.
 * @param user any text, that is given to releaseMount again
 * @param mounter what mounts it, where it is not mounted
 * @throws MountError, PluginError (MissingDependency)
 */
export async function useMount(
  what: Mountable,
  user: string,
  mounter: () => Mounter,
): Promise<'mounted' | 'was mounted'> {
  const mount = mountOf(what)
  const mark = join(mount.users, fileNameFor(user))
  if (existsSync(mark) && isMounted(mount)) return 'was mounted'
  return withMountLock(mount, async () => {
    const wasMounted = isMounted(mount)
    if (!wasMounted) await start(mount, mounter(), what)
    mkdirSync(mount.users, { recursive: true, mode: 0o700 })
    writeFileSync(mark, '')
    return wasMounted ? 'was mounted' : 'mounted'
  })
}

/** Forgets a user, and ends the mount with the last; it is no error where there is none. */
export async function releaseMount(what: Mountable, user: string): Promise<void> {
  const mount = mountOf(what)
  await withMountLock(mount, async () => {
    rmSync(join(mount.users, fileNameFor(user)), { force: true })
    if (namesIn(mount.users).length > 0) return
    await endMountProcess(mount)
    rmSync(mount.directory, { recursive: true, force: true })
  })
}

/** The root directory of a file system; undefined where it is not mounted. */
export function mountedDirectory(what: Mountable): string | undefined {
  const mount = mountOf(what)
  return isMounted(mount) ? mount.root : undefined
}

/** Whether the link leads to the process there is: a call that is killed while it mounts has not made it yet. */
function isMounted(mount: Mount): boolean {
  const pid = mountHolder(mount)
  return pid !== undefined && linkedFrom(mount.root)?.startsWith(`/proc/${pid}/`) === true
}

function mountOf({ protocol, identity }: Mountable): Mount {
  const directory = join(runDirectory(protocol), fileNameFor(JSON.stringify(identity)))
  return {
    directory,
    mountpoint: join(directory, 'mnt'),
    pidFile: join(directory, 'pid'),
    log: join(directory, 'log'),
    root: join(directory, 'root'),
    users: join(directory, 'users'),
  }
}

async function withMountLock<T>({ directory }: Mount, body: () => Promise<T>): Promise<T> {
  const held = lock(`${directory}.lock`)
  try {
    return await body()
  } finally {
    if (existsSync(directory)) held.release()
    else held.remove()
  }
}

async function start(mount: Mount, mounter: Mounter, what: Mountable): Promise<void> {
  await endMountProcess(mount)
  const { directory, mountpoint } = mount
  const process = mounter.process(directory, mountpoint)
  const configuration = join(directory, 'configuration')
  mkdirSync(mountpoint, { recursive: true, mode: 0o700 })
  try {
    if (process.configuration !== undefined) writeFileSync(configuration, process.configuration, { mode: 0o600 })
    await startMountProcess(mount, process, mounter)
    const pid = mountHolder(mount)
    if (pid === undefined) throw new MountError(`${mounter.program} ended: ${printedBy(mount)}`)
    const root = join('/proc', String(pid), 'root', mountpoint, mounter.below)
    readdirSync(root)
    rmSync(mount.root, { force: true })
    symlinkSync(root, mount.root)
  } catch (error) {
    const printed = printedBy(mount)
    await endMountProcess(mount)
    if (namesIn(mount.users).length === 0) rmSync(directory, { recursive: true, force: true })
    throw errnoOf(error) === undefined ? error : new MountError(refusal(what, mounter, error, printed))
  } finally {
    rmSync(configuration, { force: true })
  }
}

/** What keeps somebody out is said so in the words of the protocol; anything else, with what the program printed. */
function refusal({ label }: Mountable, { denial }: Mounter, error: unknown, printed: string): string {
  if (['EACCES', 'EPERM', 'ENOENT'].includes(errnoOf(error) ?? '')) return `cannot use ${label}: ${denial}`
  return `cannot use ${label}: ${error instanceof Error && error.message}: ${printed}`
}

function linkedFrom(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
