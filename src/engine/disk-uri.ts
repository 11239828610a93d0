/** The URI of a disk, whatever its scheme (RFC 3986), in its parts. */
import { redactUri } from '../contract/redact.ts'
import { decodePart, parseQuery } from './uri-text.ts'

/** What a URI says; all parts are percent-decoded. */
export interface ParsedUri {
  /** As it was given. It may hold a password: use {@link redactUri} on it before it is shown or stored. */
  readonly text: string
  /** In lower case. */
  readonly scheme: string
  readonly user?: string
  readonly password?: string
  /** As it is written, without the brackets of an IPv6 address; empty where there is none. */
  readonly host: string
  readonly port?: number
  /** With its leading slash, and not normalized. */
  readonly path: string
  readonly query: ReadonlyMap<string, string>
}

/** A URI that no disk can have; the message has no password in it. */
export class DiskUriError extends Error {
  override readonly name = 'DiskUriError'

  constructor(uri: string, reason: string) {
    super(`the URI ${JSON.stringify(redactUri(uri))} is not usable: ${reason}`)
  }
}

const URI = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/is
const AUTHORITY = /^(?:([^@:]*)(?::([^@]*))?@)?(?:\[([^\]]*)\]|([^:@[\]]*))(?::(\d+))?$/s
const LAST_PORT = 65_535

/**
 * Takes the URI of a disk apart.
 * @throws DiskUriError that says what is wrong with it
 */
export function parseDiskUri(text: string): ParsedUri {
  const refuse = (reason: string): never => {
    throw new DiskUriError(text, reason)
  }
  const [, scheme = refuse('it does not begin with a scheme'), authority = '', path = '', query = '', fragment] =
    URI.exec(text) ?? []
  if (fragment !== undefined) refuse('it has a fragment; write # as %23')
  const [matched, user, password, address, name = '', port] = AUTHORITY.exec(authority) ?? []
  if (matched === undefined) refuse('what follows // is not [user[:password]@]host[:port]')
  if (Number(port ?? 0) > LAST_PORT) refuse(`there is no port ${port}`)
  return {
    text,
    scheme: scheme.toLowerCase(),
    ...(user === undefined ? {} : { user: decodePart(user, refuse) }),
    ...(password === undefined ? {} : { password: decodePart(password, refuse) }),
    host: address ?? decodePart(name, refuse),
    ...(port === undefined ? {} : { port: Number(port) }),
    path: decodePart(path, refuse),
    query: parseQuery(query, refuse),
  }
}
