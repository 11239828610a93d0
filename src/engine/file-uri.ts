/**
 * `file:` URIs (RFC 8089): the text comes from outside, so it is taken apart strictly and never reaches a shell.
 */
import { decodePart, parseQuery } from './uri-text.ts'

/** What a `file:` URI says. */
export interface FileUri {
  /** Absolute path, percent-decoded, without `.`, `..` and doubled or trailing slashes. */
  readonly path: string
  /** The query as name → value pairs, percent-decoded; empty where there is none. */
  readonly options: ReadonlyMap<string, string>
}

/**
 * Takes a `file:` URI apart: `file:///path`, `file://localhost/path` or `file:/path`, with an optional query.
 * @throws Error (FileUriError) that says what is wrong with the text
 */
export function parseFileUri(uri: string): FileUri {
  const match = /^file:(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/is.exec(uri)
  if (!match) throw new FileUriError(uri, 'it does not begin with file:')
  const [, authority = '', path = '', query = '', fragment] = match
  if (authority !== '' && authority.toLowerCase() !== 'localhost') {
    throw new FileUriError(uri, `it names the host ${authority}; only this host is possible: file:///directory`)
  }
  if (fragment !== undefined) throw new FileUriError(uri, 'it has a fragment; write # in a path as %23')
  const refuse = (reason: string): never => {
    throw new FileUriError(uri, reason)
  }
  const decoded = decodePart(path, refuse)
  if (!decoded.startsWith('/')) throw new FileUriError(uri, 'its path is not absolute')
  return { path: normalizePath(decoded), options: parseQuery(query, refuse) }
}

/** The `file:` URI of an absolute path, percent-encoded. */
export function formatFileUri(path: string): string {
  return `file://${path.split('/').map(encodeURIComponent).join('/')}`
}

/** A text that is not a usable `file:` URI. */
export class FileUriError extends Error {
  override readonly name = 'FileUriError'

  constructor(uri: string, reason: string) {
    super(`the URI ${JSON.stringify(uri)} is not usable: ${reason}`)
  }
}

/** An absolute path in its one form: resolves `.` and `..` by text, as RFC 3986 (section 5.2.4) does, so that one directory has one name. */
export function normalizePath(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return `/${segments.join('/')}`
}
