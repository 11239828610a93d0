/** The URL that a server gets: without what is said to us. */
import { isDiskOption } from '../../src/engine/disk-options.ts'
import type { ParsedUri } from '../../src/engine/disk-uri.ts'

/** The options that only this plugin has. */
export const OWN_OPTIONS = { ca: 'absolute path' } as const

/** Host and port, as in a URL. */
export function authorityOf({ host, port }: ParsedUri): string {
  return `${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`
}

/** The URL without user information and without our options; the rest of the query is the server's, as it was written. */
export function urlOf(uri: ParsedUri): string {
  const [address = '', query = ''] = uri.text.split('?', 2)
  const [, path = ''] = /^[^:]+:\/\/[^/]*(.*)$/s.exec(address) ?? []
  const rest = query.split('&').filter((pair) => pair !== '' && !isOurs(pair))
  return `https://${authorityOf(uri)}${path}${rest.length === 0 ? '' : `?${rest.join('&')}`}`
}

function isOurs(pair: string): boolean {
  const name = decodeURIComponent(pair.replace(/=.*$/s, ''))
  return isDiskOption(name) || Object.hasOwn(OWN_OPTIONS, name)
}
