/**
 * What a plugin knows about this host only, such as which SRs are attached and which loop device serves an image: kept
 * outside the storage, and forgotten by a reboot.
 */
import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Of } from './identifiers.ts'

/** The environment variable that names another directory, for tests and for several toolstacks on one host. */
export const RUN_DIRECTORY_VARIABLE = 'SMAPIV3_RUN_DIR'

/**
 * The directory of a plugin's state on this host, made where it does not exist: below /run/smapiv3 for root, below
 * /run/user/UID/smapiv3 or, where that does not exist, /tmp/smapiv3-UID for others. The choice does not depend on the
 * environment except for SMAPIV3_RUN_DIR: a toolstack and an administrator must come to the same one.
 * @throws RunDirectoryError where somebody else owns it
 */
export function runDirectory(...names: string[]): string {
  const base = process.env[RUN_DIRECTORY_VARIABLE] || defaultBase()
  mkdirSync(base, { recursive: true, mode: 0o700 })
  const stats = lstatSync(base)
  if (!stats.isDirectory() || stats.uid !== userId()) throw new RunDirectoryError(base)
  const directory = join(base, ...names)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return directory
}

/** The names that were made: a call asks for those of its disk many times. */
const fileNames = new Map<string, string>()

/** A file name for any text: short, and the same every time. */
export function fileNameFor(text: string): string {
  const known = fileNames.get(text)
  if (known !== undefined) return known
  const name = sha256Of(text).slice(0, 24)
  fileNames.set(text, name)
  return name
}

/** Differs from boot to boot: what was recorded under another one is no longer true. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** The run directory belongs to somebody else, who could make a plugin do anything. */
export class RunDirectoryError extends Error {
  override readonly name = 'RunDirectoryError'

  constructor(path: string) {
    super(`${path} is not a directory that belongs to user ${userId()}: remove it, or set ${RUN_DIRECTORY_VARIABLE}`)
  }
}

function defaultBase(): string {
  const user = userId()
  if (user === 0) return '/run/smapiv3'
  const session = `/run/user/${user}`
  return existsSync(session) ? `${session}/smapiv3` : `/tmp/smapiv3-${user}`
}

function userId(): number {
  return process.geteuid?.() ?? 0
}

/** Bytes that the path of a Unix socket can have (unix(7)). */
const SOCKET_PATH_LIMIT = 107

/**
 * The path, if it is short enough for a Unix socket.
 * @throws SocketPathError
 */
export function socketPath(path: string): string {
  if (Buffer.byteLength(path) > SOCKET_PATH_LIMIT) throw new SocketPathError(path)
  return path
}

/** The run directory is too deep in the file system for a socket in it. */
export class SocketPathError extends Error {
  override readonly name = 'SocketPathError'

  constructor(path: string) {
    super(
      `${path} has ${Buffer.byteLength(path)} bytes, and a socket's path can have ${SOCKET_PATH_LIMIT}: ` +
        `set ${RUN_DIRECTORY_VARIABLE} to a directory with a shorter path`,
    )
  }
}
