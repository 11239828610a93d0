/**
 * TLS to NBD servers, by the parameters that libnbd has for it: certificates, or a key that both sides know. Keys stay in
 * their files, which QEMU reads itself.
 */
import { existsSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { readPrivateFile } from './credentials.ts'
import { DiskUriError, type ParsedUri } from './disk-uri.ts'
import type { Secret } from './qsd/description.ts'

/** The options of nbd for TLS. */
export const TLS_OPTIONS = {
  'tls-certificates': 'absolute path',
  'tls-psk-file': 'absolute path',
  'tls-hostname': 'text',
} as const

/** What QEMU calls the file of keys in a directory. */
const KEYS = 'keys.psk'

/** What a connection needs to be encrypted; undefined where it is not to be. */
export interface Tls {
  readonly secret: Secret
  /** The name that the server's certificate has to have, where it is not that of the URI. */
  readonly hostname?: string
}

/** Whether nothing may go over the connection in the clear. */
export function demandsTls({ scheme }: Pick<ParsedUri, 'scheme'>): boolean {
  return scheme === 'nbds' || scheme === 'nbds+unix'
}

/**
 * @param own the options by their name
 * @throws DiskUriError for options that do not go together, or where TLS is demanded and there are none
 * @throws CredentialsError where others than their owner can read the keys
 */
export function tlsOf(uri: ParsedUri, own: ReadonlyMap<string, string>): Tls | undefined {
  const [certificates, keys, hostname] = Object.keys(TLS_OPTIONS).map((name) => own.get(name))
  if ([certificates, keys].some((path) => path !== undefined && !isAbsolute(path))) {
    throw new DiskUriError(uri.text, 'tls-certificates and tls-psk-file are absolute paths')
  }
  if (certificates !== undefined && keys !== undefined) {
    throw new DiskUriError(uri.text, 'tls-certificates and tls-psk-file are two ways, and one is possible')
  }
  if (certificates === undefined && hostname !== undefined) {
    throw new DiskUriError(uri.text, 'tls-hostname is the name in a certificate: give tls-certificates')
  }
  if (certificates !== undefined) {
    const key = join(certificates, 'client-key.pem')
    if (existsSync(key)) readPrivateFile(key)
    return {
      secret: { option: 'tls-creds', 'qom-type': 'tls-creds-x509', endpoint: 'client', dir: certificates },
      ...(hostname === undefined ? {} : { hostname }),
    }
  }
  if (keys === undefined) {
    if (!demandsTls(uri)) return undefined
    throw new DiskUriError(uri.text, 'it demands TLS: give tls-certificates or tls-psk-file')
  }
  if (basename(keys) !== KEYS) throw new DiskUriError(uri.text, `tls-psk-file is a file of the name ${KEYS}`)
  readPrivateFile(keys)
  const user = uri.user === undefined ? {} : { username: uri.user }
  return {
    secret: { option: 'tls-creds', 'qom-type': 'tls-creds-psk', endpoint: 'client', dir: dirname(keys), ...user },
  }
}
