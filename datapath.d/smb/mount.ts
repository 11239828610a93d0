/**
 * The mounts of shares, each shared by the disks on it and gone with the last. One URI counts once: qsdDatapath calls
 * for its first and after its last domain.
 *
 * A mount is in a namespace of its own, which a process holds, and is reached through that process in /proc: whoever
 * cleans up the run directory, by whatever means, can never delete what is on the share. No umount can fail, and none
 * can be forgotten: where the process ends, the mount ends.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartError, startBackground } from '../../src/engine/background.ts'
import type { ParsedUri } from '../../src/engine/disk-uri.ts'
import { lock } from '../../src/engine/lock.ts'
import { findProcess, sendSignal, waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { fileNameFor, runDirectory } from '../../src/engine/run-directory.ts'
import { errnoOf } from '../../src/engine/storage-error.ts'
import { errors } from '../../src/kit/index.ts'
import { smbAddressOf } from './address.ts'
import type { Login, MountProcess, SmbClient } from './mount-process.ts'

/** Milliseconds for a mount to be there, and for its process to end. */
const PATIENCE = 20_000

/** A share that cannot be mounted, or not read by this user. */
export class ShareError extends Error {
  override readonly name = 'ShareError'
}

/** The places of a mount. */
interface Mount {
  readonly directory: string
  readonly mountpoint: string
  readonly pidFile: string
  readonly log: string
  /** One empty file for each URI that uses the mount. */
  readonly users: string
  readonly user: string
}

/**
 * Mounts the share of a URI, unless it is mounted, and counts the URI as its user.
 * @throws ShareError, PluginError (MissingDependency)
 */
export async function useShare(uri: ParsedUri, login: Login, client: SmbClient): Promise<void> {
  const mount = mountOf(uri)
  if (existsSync(mount.user) && holderOf(mount) !== undefined) return
  await withMountLock(mount, async () => {
    if (holderOf(mount) === undefined) await start(mount, uri, login, client)
    mkdirSync(mount.users, { recursive: true, mode: 0o700 })
    writeFileSync(mount.user, '')
  })
}

/** Forgets a URI, and ends the mount with its last; it is no error where there is none. */
export async function releaseShare(uri: ParsedUri): Promise<void> {
  const mount = mountOf(uri)
  await withMountLock(mount, async () => {
    rmSync(mount.user, { force: true })
    if (namesIn(mount.users).length === 0) await end(mount)
  })
}

/**
 * The path of the image of a URI, for as long as the mount lives.
 * @throws ShareError where the share is not mounted
 */
export function imagePath(uri: ParsedUri, client: SmbClient): string {
  const address = smbAddressOf(uri)
  return join(shareDirectory(mountOf(uri), address.share, client.shareBelow(address)), address.path)
}

function mountOf(uri: ParsedUri): Mount {
  const { host, port, share } = smbAddressOf(uri)
  // Without the password: what is in a file's name can be read by others.
  const name = JSON.stringify([host, port, share, uri.user, uri.query.get('credentials'), uri.query.get('client')])
  const directory = join(runDirectory('smb'), fileNameFor(name))
  const users = join(directory, 'users')
  return {
    directory,
    mountpoint: join(directory, 'mnt'),
    pidFile: join(directory, 'pid'),
    log: join(directory, 'log'),
    users,
    user: join(users, fileNameFor(uri.text)),
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

async function start(mount: Mount, uri: ParsedUri, login: Login, client: SmbClient): Promise<void> {
  await endProcesses(mount)
  const address = smbAddressOf(uri)
  const process = client.process(address, login, mount.directory, mount.mountpoint)
  const configuration = join(mount.directory, 'configuration')
  mkdirSync(mount.mountpoint, { recursive: true, mode: 0o700 })
  try {
    if (process.configuration !== undefined) writeFileSync(configuration, process.configuration, { mode: 0o600 })
    await run(mount, process, client)
    readdirSync(shareDirectory(mount, address.share, client.shareBelow(address)))
  } catch (error) {
    const printed = readLog(mount)
    await endProcesses(mount)
    if (namesIn(mount.users).length === 0) rmSync(mount.directory, { recursive: true, force: true })
    throw errnoOf(error) === undefined ? error : new ShareError(refusal(address, error, printed))
  } finally {
    rmSync(configuration, { force: true })
  }
}

/** Starts the process and waits until it has mounted the share. */
async function run(mount: Mount, { command, args, env, secret }: MountProcess, client: SmbClient): Promise<void> {
  rmSync(mount.log, { force: true })
  try {
    await startBackground({
      command: 'unshare',
      package: 'util-linux',
      args: ['--mount', '--propagation', 'private', '--', command, ...args],
      env,
      log: mount.log,
      ...(secret === undefined ? {} : { secret }),
      patience: PATIENCE,
      ready: () => holderOf(mount) !== undefined,
      started: (pid) => writeFileSync(mount.pidFile, String(pid), { mode: 0o600 }),
    })
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    // 127: unshare, or the shell, has not found the program.
    if (error.status === 127) throw errors.missingDependency(client.program, client.package)
    throw new ShareError(`${client.program}: ${error.message}`)
  }
}

/** Ends the process of a mount, and removes its directory; what is on the share is out of reach then. */
async function end(mount: Mount): Promise<void> {
  await endProcesses(mount)
  rmSync(mount.directory, { recursive: true, force: true })
}

/** Also one whose directory was removed, which took the mount away but not the process. */
async function endProcesses({ mountpoint }: Mount): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const gone = await waitUntil(() => {
      const pid = findProcess(mountpoint)
      if (pid !== undefined) sendSignal(pid, signal)
      return pid === undefined
    }, PATIENCE / 2)
    if (gone) return
  }
  throw new ShareError(`the process that holds ${mountpoint} does not end`)
}

/** The process of a mount that is there. */
function holderOf({ pidFile, mountpoint }: Mount): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mountpoint)) return undefined
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(` ${mountpoint} `) ? pid : undefined
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EINVAL'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

function shareDirectory(mount: Mount, share: string, below: string): string {
  const pid = holderOf(mount)
  if (pid === undefined) throw new ShareError(`the share ${share} is not mounted`)
  return join('/proc', String(pid), 'root', mount.mountpoint, below)
}

function refusal({ host, share }: { host: string; share: string }, error: unknown, printed: string): string {
  const denied = ['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')
  const reason = denied
    ? 'the server refuses the user or the password, or has no such share'
    : error instanceof Error && error.message
  return [`cannot use the share ${share} of ${host}: ${reason}`, ...(printed === '' ? [] : [printed])].join(': ')
}

function readLog({ log }: Mount): string {
  return existsSync(log) ? readFileSync(log, 'utf8').trim().slice(-2_000) : ''
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
