/** Images on SMB shares. */
import { credentialsOf } from '../../src/engine/credentials.ts'
import { type DiskOptions, describeDisk } from '../../src/engine/disk-options.ts'
import type { SchemeDriver } from '../../src/engine/qsd/datapath.ts'
import { smbAddressOf } from './address.ts'
import { clientOf } from './client.ts'
import { imagePath, releaseShare, useShare } from './mount.ts'
import type { SmbClient } from './mount-process.ts'

export const smbDriver: SchemeDriver = {
  options: { client: ['kernel', 'smbnetfs'], domain: 'text' },
  group: (uri) => `smb:${smbAddressOf(uri).host}`,
  server(uri) {
    const { host, port } = smbAddressOf(uri)
    return { host, port }
  },
  prepare(uri, options) {
    const domain = options.own.get('domain')
    const login = { ...credentialsOf(uri, options), ...(domain === undefined ? {} : { domain }) }
    return useShare(uri, login, client(options))
  },
  release: releaseShare,
  describe(uri, options) {
    const filename = imagePath(uri, client(options))
    return describeDisk({ protocol: { driver: 'file', filename }, path: filename }, options)
  },
}

function client({ own }: DiskOptions): SmbClient {
  return clientOf(own.get('client'))
}
