/**
 * The mounts of shares, each shared by those who use it and gone with the last.
 *
 * A mount is in a namespace of its own, which a process holds, and is reached through that process in /proc: whoever
 * cleans up the run directory, by whatever means, can never delete what is on the share. No umount can fail, and none
 * can be forgotten: where the process ends, the mount ends.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lock } from '../lock.ts'
import { fileNameFor, runDirectory } from '../run-directory.ts'
import { errnoOf } from '../storage-error.ts'
import type { SmbShare } from './address.ts'
import type { Login, SmbClient } from './client.ts'
import {
  endMountProcess,
  type MountPlaces,
  mountHolder,
  printedBy,
  ShareError,
  startMountProcess,
} from './mount-process.ts'

/** A share as somebody uses it: whoever names the same shares one mount. */
export interface MountedShare extends SmbShare {
  /** Who is logged in, without the password: what is in a file's name can be read by others. */
  readonly as: string
}

/** The places of a mount, and where its users are counted. */
interface Mount extends MountPlaces {
  /** Holds the path of the share below the mount point, which depends on the client. */
  readonly below: string
  /** One empty file for each user of the mount. */
  readonly users: string
}

/**
 * Mounts a share, unless it is mounted, and counts its user.
 * @param user any text, that is given to releaseShare again
 * @throws ShareError, PluginError (MissingDependency)
 */
export async function useShare(share: MountedShare, user: string, login: Login, client: SmbClient): Promise<void> {
  const mount = mountOf(share)
  const mark = join(mount.users, fileNameFor(user))
  if (existsSync(mark) && mountHolder(mount) !== undefined) return
  await withMountLock(mount, async () => {
    if (mountHolder(mount) === undefined) await start(mount, share, login, client)
    mkdirSync(mount.users, { recursive: true, mode: 0o700 })
    writeFileSync(mark, '')
  })
}

/** Forgets a user, and ends the mount with the last; it is no error where there is none. */
export async function releaseShare(share: MountedShare, user: string): Promise<void> {
  const mount = mountOf(share)
  await withMountLock(mount, async () => {
    rmSync(join(mount.users, fileNameFor(user)), { force: true })
    if (namesIn(mount.users).length > 0) return
    await endMountProcess(mount)
    rmSync(mount.directory, { recursive: true, force: true })
  })
}

/**
 * The directory of a share, for as long as the mount lives.
 * @throws ShareError where the share is not mounted
 */
export function shareDirectory(share: MountedShare): string {
  const mount = mountOf(share)
  const pid = mountHolder(mount)
  if (pid === undefined) throw new ShareError(`the share ${share.share} of ${share.host} is not mounted`)
  return join('/proc', String(pid), 'root', mount.mountpoint, readFileSync(mount.below, 'utf8'))
}

function mountOf({ host, port, share, as }: MountedShare): Mount {
  const directory = join(runDirectory('smb'), fileNameFor(JSON.stringify([host, port, share, as])))
  return {
    directory,
    mountpoint: join(directory, 'mnt'),
    pidFile: join(directory, 'pid'),
    log: join(directory, 'log'),
    below: join(directory, 'below'),
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

async function start(mount: Mount, share: MountedShare, login: Login, client: SmbClient): Promise<void> {
  await endMountProcess(mount)
  const { directory, mountpoint } = mount
  const description = client.process(share, login, directory, mountpoint)
  const configuration = join(directory, 'configuration')
  mkdirSync(mountpoint, { recursive: true, mode: 0o700 })
  writeFileSync(mount.below, client.shareBelow(share))
  try {
    if (description.configuration !== undefined) {
      writeFileSync(configuration, description.configuration, { mode: 0o600 })
    }
    await startMountProcess(mount, description, client)
    readdirSync(shareDirectory(share))
  } catch (error) {
    const printed = printedBy(mount)
    await endMountProcess(mount)
    if (namesIn(mount.users).length === 0) rmSync(directory, { recursive: true, force: true })
    throw errnoOf(error) === undefined ? error : new ShareError(refusal(share, error, printed))
  } finally {
    rmSync(configuration, { force: true })
  }
}

function refusal({ host, share }: SmbShare, error: unknown, printed: string): string {
  const denied = ['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')
  const reason = denied
    ? 'the server refuses the user or the password, or has no such share'
    : error instanceof Error && error.message
  return [`cannot use the share ${share} of ${host}: ${reason}`, ...(printed === '' ? [] : [printed])].join(': ')
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
