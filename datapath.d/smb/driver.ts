/** Images on SMB shares. */
import { join } from 'node:path'
import { credentialsOf } from '../../src/engine/credentials.ts'
import { describeDisk } from '../../src/engine/disk-options.ts'
import type { ParsedUri } from '../../src/engine/disk-uri.ts'
import { mountedDirectory, releaseMount, useMount } from '../../src/engine/mount/mount.ts'
import { type Mountable, MountError } from '../../src/engine/mount/mounter.ts'
import type { SchemeDriver } from '../../src/engine/qsd/datapath.ts'
import { smbAddressOf } from '../../src/engine/smb/address.ts'
import { CLIENTS, clientOf } from '../../src/engine/smb/clients.ts'
import { mountableShare } from '../../src/engine/smb/share.ts'

/** One URI is one user of a mount: qsdDatapath prepares it with its first domain and releases it after its last. */
export const smbDriver: SchemeDriver = {
  options: { client: Object.keys(CLIENTS), domain: 'text' },
  group: (uri) => `smb:${smbAddressOf(uri).host}`,
  server(uri) {
    const { host, port } = smbAddressOf(uri)
    return { host, port }
  },
  async prepare(uri, options) {
    const domain = options.own.get('domain')
    const login = { ...credentialsOf(uri, options), ...(domain === undefined ? {} : { domain }) }
    const mounter = () => clientOf(options.own.get('client')).mounter(smbAddressOf(uri), login)
    await useMount(shareOf(uri), uri.text, mounter)
  },
  release: (uri) => releaseMount(shareOf(uri), uri.text),
  describe(uri, options) {
    const directory = mountedDirectory(shareOf(uri))
    if (directory === undefined) throw new MountError(`${shareOf(uri).label} is not mounted`)
    const filename = join(directory, smbAddressOf(uri).path)
    return describeDisk({ protocol: { driver: 'file', filename }, path: filename }, options)
  },
}

/** What config.json says counts for all URIs alike, and so is no part of the name. */
function shareOf(uri: ParsedUri): Mountable {
  const [credentials, domain, client] = ['credentials', 'domain', 'client'].map((name) => uri.query.get(name))
  return mountableShare(smbAddressOf(uri), { user: uri.user, credentials, domain, client })
}
