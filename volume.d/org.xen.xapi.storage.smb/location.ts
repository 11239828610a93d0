/** Where an SR on an SMB share is, and who uses it. */
import { parseDiskUri } from '../../src/engine/disk-uri.ts'
import type { Configuration, Location } from '../../src/engine/images/driver.ts'
import { isServerName, SMB_PORT, type SmbAddress, smbAddressOf } from '../../src/engine/smb/address.ts'
import type { LoginSource } from '../../src/engine/smb/login-file.ts'
import { ConfigurationError } from '../../src/engine/sr/errors.ts'

/** Key of device_config → description, for Plugin.query. */
export const LOCATION_KEYS = {
  server: 'name or address of the SMB server, or all of it: //server/share/directory',
  serverpath: '/share/directory that holds the SR',
  port: 'TCP port of the server; 445 unless given',
  username: 'user of the server; a guest unless given',
  password: 'password of the user',
  domain: 'domain or workgroup of the user',
  credentials: 'absolute path of a file of mode 600 with username=, password= and domain=, instead of those',
}

/** A server, without the share yet. */
export interface SmbServer {
  readonly host: string
  readonly port: number
}

/**
 * The directory that a configuration names.
 * @throws ConfigurationError
 */
export function addressOf(configuration: Configuration): SmbAddress {
  const path = pathOf(configuration)
  if (path === undefined)
    throw new ConfigurationError('device_config has no serverpath; give serverpath=/share/directory')
  const [share = '', ...directories] = path
  return { ...serverOf(configuration), share, path: directories.join('/') }
}

/** @throws ConfigurationError */
export function serverOf({ server, port }: Configuration): SmbServer {
  if (server === undefined) throw new ConfigurationError('device_config has no server; give server=NAME')
  const [host = ''] = segmentsOf(server)
  if (!isServerName(host)) throw new ConfigurationError(`server=${server} is not the name or address of a server`)
  const number = Number(port ?? SMB_PORT)
  if (Number.isInteger(number) && number > 0 && number < 65_536) return { host: host.toLowerCase(), port: number }
  throw new ConfigurationError(`port=${port} is not the number of a port`)
}

/**
 * The share and the directories below it; undefined where the configuration does not say them.
 * @throws ConfigurationError
 */
export function pathOf({ server = '', serverpath }: Configuration): readonly string[] | undefined {
  const [, ...behindServer] = segmentsOf(server)
  if (serverpath !== undefined && behindServer.length > 0) {
    throw new ConfigurationError(`server=${server} says the path already, and serverpath=${serverpath} says another`)
  }
  const segments = serverpath === undefined ? behindServer : segmentsOf(serverpath)
  if (segments.length === 0) return undefined
  if (!segments.some((one) => one === '.' || one === '..')) return segments
  throw new ConfigurationError(`${serverpath ?? server} has . or ..`)
}

/**
 * Who uses the share.
 * @throws ConfigurationError
 */
export function loginOf({ username, password, domain, credentials }: Configuration): LoginSource {
  if (credentials !== undefined) {
    if (!credentials.startsWith('/')) throw new ConfigurationError('credentials is the absolute path of a file')
    return { file: credentials }
  }
  if (username === undefined) {
    if (password !== undefined) throw new ConfigurationError('device_config has a password and no username')
    return {}
  }
  for (const value of [username, password, domain]) {
    if (value !== undefined && /[\r\n]/.test(value)) throw new ConfigurationError('a login is of one line each')
  }
  const more = { ...(password === undefined ? {} : { password }), ...(domain === undefined ? {} : { domain }) }
  return { login: { user: username, ...more } }
}

export function locationOf(address: SmbAddress): Location {
  const { host, port, share, path } = address
  return {
    sr: uriOf(address),
    configuration: {
      server: host,
      serverpath: `/${[share, ...(path === '' ? [] : [path])].join('/')}`,
      ...(port === SMB_PORT ? {} : { port: String(port) }),
    },
  }
}

/** The directory of a handle. */
export function addressAt(sr: string): SmbAddress {
  // A handle may be a share itself, which the URI of an image may not.
  const { path, ...address } = smbAddressOf(parseDiskUri(`${sr}/x`))
  return { ...address, path: path.replace(/\/?x$/, '') }
}

/** The URI of a file or directory. */
export function uriOf({ host, port, share, path }: SmbAddress): string {
  const authority = (host.includes(':') ? `[${host}]` : host) + (port === SMB_PORT ? '' : `:${port}`)
  return `smb://${[authority, share, ...path.split('/').filter((one) => one !== '')].map(encoded).join('/')}`
}

function encoded(segment: string, index: number): string {
  return index === 0 ? segment : encodeURIComponent(segment)
}

/** Also as Windows writes it. */
function segmentsOf(text: string): readonly string[] {
  return text.split(/[/\\]/).filter((segment) => segment !== '')
}
