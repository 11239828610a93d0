/** What an `smb:` URI names: `smb://[user[:password]@]server[:port]/share/path/file`. */
import { DiskUriError, type ParsedUri } from '../disk-uri.ts'

/** Direct hosting of SMB over TCP. */
export const SMB_PORT = 445

/** A share of a server. */
export interface SmbShare {
  readonly host: string
  readonly port: number
  readonly share: string
}

/** A file on a share. */
export interface SmbAddress extends SmbShare {
  /** Path of the image in the share, without a leading slash. */
  readonly path: string
}

/**
 * Takes a URI apart. No part can get out of the share, or be taken for something else by the tools that mount it.
 * @throws DiskUriError
 */
export function smbAddressOf({ text, host, port, path }: ParsedUri): SmbAddress {
  const [, share = '', ...segments] = path.split('/')
  if (host === '' || share === '' || segments.length === 0 || segments.includes('')) {
    throw new DiskUriError(text, 'it is not smb://server/share/path/file')
  }
  if (!isServerName(host)) throw new DiskUriError(text, 'the name of its server has other characters')
  if ([share, ...segments].some((segment) => segment === '.' || segment === '..')) {
    throw new DiskUriError(text, 'its path has . or ..')
  }
  return { host: host.toLowerCase(), port: port ?? SMB_PORT, share, path: segments.join('/') }
}

/** Whether a text can be the name or address of a server, and nothing else. */
export function isServerName(text: string): boolean {
  return /^[A-Za-z0-9._:%-]+$/.test(text)
}
