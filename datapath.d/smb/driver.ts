/** Images on SMB shares. */
import { join } from 'node:path'
import { credentialsOf } from '../../src/engine/credentials.ts'
import { describeDisk } from '../../src/engine/disk-options.ts'
import type { ParsedUri } from '../../src/engine/disk-uri.ts'
import type { SchemeDriver } from '../../src/engine/qsd/datapath.ts'
import { smbAddressOf } from '../../src/engine/smb/address.ts'
import { CLIENTS, clientOf } from '../../src/engine/smb/clients.ts'
import { type MountedShare, releaseShare, shareDirectory, useShare } from '../../src/engine/smb/mount.ts'

/** One URI is one user of a mount: qsdDatapath prepares it with its first domain and releases it after its last. */
export const smbDriver: SchemeDriver = {
  options: { client: Object.keys(CLIENTS), domain: 'text' },
  group: (uri) => `smb:${smbAddressOf(uri).host}`,
  server(uri) {
    const { host, port } = smbAddressOf(uri)
    return { host, port }
  },
  prepare(uri, options) {
    const domain = options.own.get('domain')
    const login = { ...credentialsOf(uri, options), ...(domain === undefined ? {} : { domain }) }
    return useShare(shareOf(uri), uri.text, login, clientOf(options.own.get('client')))
  },
  release: (uri) => releaseShare(shareOf(uri), uri.text),
  describe(uri, options) {
    const filename = join(shareDirectory(shareOf(uri)), smbAddressOf(uri).path)
    return describeDisk({ protocol: { driver: 'file', filename }, path: filename }, options)
  },
}

/** A URI without a share is refused here; what config.json says counts for all alike, and so is no part of the name. */
function shareOf(uri: ParsedUri): MountedShare {
  const { host, port, share } = smbAddressOf(uri)
  const named = ['credentials', 'client', 'domain'].map((name) => uri.query.get(name))
  return { host, port, share, as: JSON.stringify([uri.user, ...named]) }
}
