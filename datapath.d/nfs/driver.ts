/** Images on NFS servers. */
import { dirname, join } from 'node:path'
import { type DiskOptions, describeDisk } from '../../src/engine/disk-options.ts'
import { DiskUriError, type ParsedUri } from '../../src/engine/disk-uri.ts'
import { IMAGE_FORMATS, imageFormatOf } from '../../src/engine/image-format.ts'
import { forgetExport } from '../../src/engine/nfs/known-exports.ts'
import type { SchemeDriver } from '../../src/engine/qsd/datapath.ts'
import { reachServer } from '../../src/engine/server.ts'
import { factsOf } from './chain.ts'

/** The port mapper (RFC 1833): QEMU's client speaks NFS version 3 and asks it for all other ports. */
const PORT_MAPPER = 111

/** Where NFS is served; another port would have to be asked from the port mapper, and cannot be named. */
const NFS_PORT = 2049

export const nfsDriver: SchemeDriver = {
  options: { uid: 'positive integer', gid: 'positive integer' },
  group(uri) {
    check(uri)
    return `nfs:${uri.host.toLowerCase()}`
  },
  server: ({ host }) => ({ host, port: PORT_MAPPER }),
  // The port mapper stays when the server ends.
  reach: ({ host }) => reachServer({ host, port: NFS_PORT }),
  release: ({ host, path }) => forgetExport(host, dirname(path)),
  async describe({ host, path }, options) {
    const storage = { driver: 'nfs', server: { type: 'inet', host }, ...identity(options) } as const
    const { user: uid, group: gid } = identity(options)
    const format = imageFormatOf(path, options.format)
    const { readOnly, below, size } = await factsOf({ host, path, format, uid, gid })
    const described = describeDisk({ protocol: { ...storage, path }, path, readOnly }, options)
    const description = size === undefined ? described : { ...described, says: size }
    if (below.length === 0) return description
    const imageOf = (name: string) => ({
      driver: IMAGE_FORMATS[imageFormatOf(name)].driver,
      file: { ...storage, path: join(dirname(path), name) },
    })
    return { ...description, backing: below.map(imageOf) }
  },
}

/** As whom the files are used; the user that the plugin runs as unless given. */
function identity({ own }: DiskOptions): { user?: number; group?: number } {
  const [uid, gid] = [own.get('uid'), own.get('gid')]
  return { ...(uid === undefined ? {} : { user: Number(uid) }), ...(gid === undefined ? {} : { group: Number(gid) }) }
}

/** @throws DiskUriError */
function check(uri: ParsedUri): void {
  const { text, host, port, path, user } = uri
  const refuse = (reason: string): never => {
    throw new DiskUriError(text, reason)
  }
  if (host === '') refuse('it names no server: nfs://server/export/path/file')
  if (user !== undefined) refuse('NFS has no user names; uid= and gid= say as whom files are used')
  if (port !== undefined && port !== NFS_PORT) refuse(`the port is asked from the server; ${port} cannot be chosen`)
  if (!/^\/.*[^/]\/[^/]+$/s.test(path)) refuse('its path is not that of a file in an exported directory')
  if (path.split('/').some((segment) => segment === '..' || segment === '.')) refuse('its path has . or ..')
}
