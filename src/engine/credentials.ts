/**
 * User name and password of a storage server: from the user information of the URI, or from a file that only its owner
 * can read, which the option `credentials` names. They go to the daemon by its control socket, as a secret, and nowhere
 * else: no command line, no log, no state file.
 */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import type { DiskOptions } from './disk-options.ts'
import type { ParsedUri } from './disk-uri.ts'

/** Who to be on a server. */
export interface Credentials {
  readonly user?: string
  readonly password?: string
  /** Domain or workgroup of the user, for SMB; only a file can say it. */
  readonly domain?: string
}

/** A file of credentials that cannot be used; the message has nothing of its content. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
}

/** The names in a file of credentials, those of mount.cifs(8) → ours. */
const NAMES: Readonly<Record<string, keyof Credentials>> = {
  username: 'user',
  user: 'user',
  password: 'password',
  domain: 'domain',
}

const OTHERS = 0o077

/**
 * The credentials for a disk: those of the file where the option `credentials` names one, otherwise those of the URI.
 * @throws CredentialsError where the file cannot be read, others can read it, or it is not lines of `username=`,
 *   `password=` and `domain=`
 */
export function credentialsOf(uri: ParsedUri, options: Pick<DiskOptions, 'credentials'>): Credentials {
  if (options.credentials !== undefined) return readCredentials(options.credentials)
  return {
    ...(uri.user === undefined ? {} : { user: uri.user }),
    ...(uri.password === undefined ? {} : { password: uri.password }),
  }
}

/**
 * The credentials in a file.
 * @throws CredentialsError
 */
export function readCredentials(path: string): Credentials {
  return parseCredentials(path, readPrivateFile(path))
}

/**
 * The text of a file that nobody but its owner can read, who is this user or root.
 * @throws CredentialsError
 */
export function readPrivateFile(path: string): string {
  const descriptor = open(path)
  try {
    const { mode, uid } = fstatSync(descriptor)
    if ((mode & OTHERS) !== 0) throw new CredentialsError(`others than its owner may use ${path}: chmod 600 ${path}`)
    if (![0, process.geteuid?.()].includes(uid)) throw new CredentialsError(`${path} belongs to user ${uid}`)
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw new CredentialsError(error instanceof Error ? error.message : String(error))
  }
}

function parseCredentials(path: string, text: string): Credentials {
  const found: { user?: string; password?: string; domain?: string } = {}
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, name = '', value = ''] = /^\s*([a-z]+)\s*=(.*)$/.exec(line) ?? []
    const member = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
    if (member === undefined)
      throw new CredentialsError(`${path}, line ${index + 1}: not username=…, password=… or domain=…`)
    found[member] = value
  }
  return found
}
