/** The address of an NBD export, in the forms that the toolstack and the NBD URI specification write it. */
import { redactUri } from '../contract/redact.ts'
import { DiskUriError, type ParsedUri, parseDiskUri } from './disk-uri.ts'
import { type Tls, tlsOf } from './nbd-tls.ts'
import type { SocketAddress } from './qsd/description.ts'

/** The port of NBD where none is given. */
const PORT = 10_809

/** An export of an NBD server. */
export interface NbdAddress {
  readonly server: SocketAddress
  readonly export: string
}

/** An export, and what the way to it needs to be encrypted, where it is to be. */
export interface NbdTarget extends NbdAddress {
  readonly tls?: Tls
}

/**
 * Reads `nbd:unix:SOCKET:exportname=NAME`, `nbd:HOST:PORT:exportname=NAME`, `nbd://HOST[:PORT]/NAME` or
 * `nbd+unix:///NAME?socket=SOCKET`; the latter two, and `nbds:` and `nbds+unix:`, with the options of nbd-tls.ts.
 * @throws DiskUriError, CredentialsError
 */
export function parseNbdAddress(text: string): NbdTarget {
  const unix = /^nbd:unix:([^:]+)(?::exportname=(.*))?$/s.exec(text)
  if (unix?.[1] !== undefined) return { server: { type: 'unix', path: unix[1] }, export: unix[2] ?? '' }
  const inet = /^nbd:(?:\[([^\]]+)\]|([^:/]+)):(\d+)(?::exportname=(.*))?$/s.exec(text)
  const host = inet?.[1] ?? inet?.[2]
  if (inet !== null && host !== undefined) {
    return { server: { type: 'inet', host, port: inet[3] ?? '' }, export: inet[4] ?? '' }
  }
  const uri = parseDiskUri(text)
  const tls = tlsOf(uri, uri.query)
  return { ...nbdAddressOf(uri), ...(tls === undefined ? {} : { tls }) }
}

/**
 * The export of an `nbd:`, `nbds:`, `nbd+unix:` or `nbds+unix:` URI.
 * @throws DiskUriError
 */
export function nbdAddressOf(uri: ParsedUri): NbdAddress {
  const scheme = uri.scheme.replace(/^nbds/, 'nbd')
  const reader = Object.hasOwn(READERS, scheme) ? READERS[scheme] : undefined
  if (reader === undefined) throw new DiskUriError(redactUri(uri.text), 'its scheme is none of NBD')
  return { server: reader(uri), export: uri.path.replace(/^\//, '') }
}

const READERS: Readonly<Record<string, (uri: ParsedUri) => SocketAddress>> = {
  nbd(uri) {
    if (uri.host === '') throw new DiskUriError(uri.text, 'it names no server')
    return { type: 'inet', host: uri.host, port: String(uri.port ?? PORT) }
  },
  'nbd+unix'(uri) {
    const path = uri.query.get('socket')
    if (path === undefined || !path.startsWith('/')) throw new DiskUriError(uri.text, 'it has no socket=/path')
    if (uri.host !== '') throw new DiskUriError(uri.text, 'it names a server, and a socket has none')
    return { type: 'unix', path }
  },
}
