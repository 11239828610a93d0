/** Where an SR on an NFS server is. */
import { type ParsedUri, parseDiskUri } from '../../src/engine/disk-uri.ts'
import type { Configuration, Location } from '../../src/engine/images/driver.ts'
import type { NfsShare } from '../../src/engine/nfs/mounters.ts'
import { ConfigurationError } from '../../src/engine/sr/errors.ts'

/** Key of device_config → description, for Plugin.query. The names are those that NFS SRs have had before. */
export const LOCATION_KEYS = {
  server: 'name or address of the NFS server',
  serverpath: 'absolute path on the server of the directory that holds the SR: an exported one, or one below it',
}

/**
 * The directory that a configuration names.
 * @throws ConfigurationError
 */
export function shareOf({ server, serverpath }: Configuration): NfsShare {
  if (server === undefined) throw new ConfigurationError('device_config has no server; give server=NAME')
  if (serverpath === undefined) throw new ConfigurationError('device_config has no serverpath; give serverpath=/export')
  return { host: hostOf(server), path: pathOf(serverpath) }
}

/** @throws ConfigurationError */
export function hostOf(server: string): string {
  const [, address = server] = /^\[(.*)\]$/.exec(server) ?? []
  if (/^[A-Za-z0-9._:%-]+$/.test(address)) return address.toLowerCase()
  throw new ConfigurationError(`server=${server} is not the name or address of a server`)
}

export function locationOf(share: NfsShare): Location {
  const { host, path } = share
  return { sr: uriOf(share), configuration: { server: host, serverpath: path } }
}

/** The directory of a handle. */
export function shareAt(sr: string): NfsShare {
  const { host, path }: ParsedUri = parseDiskUri(sr)
  return { host, path }
}

/** The URI of a file or directory. */
export function uriOf({ host, path }: NfsShare): string {
  const authority = host.includes(':') ? `[${host}]` : host
  return `nfs://${authority}${path.split('/').map(encodeURIComponent).join('/')}`
}

function pathOf(serverpath: string): string {
  const segments = serverpath.split('/').filter((segment) => segment !== '')
  if (!serverpath.startsWith('/') || segments.length === 0 || segments.some((one) => one === '.' || one === '..')) {
    throw new ConfigurationError(`serverpath=${serverpath} is not the absolute path of a directory without . and ..`)
  }
  return `/${segments.join('/')}`
}
