/** SRs in directories of NFS servers. */
import { join } from 'node:path'
import type { Configuration, ProbeResult, RepositoryDriver } from '../../src/engine/images/driver.ts'
import { incomplete } from '../../src/engine/images/probe.ts'
import { LEASES } from '../../src/engine/lease/lease.ts'
import { mountedDirectory, releaseMount, useMount } from '../../src/engine/mount/mount.ts'
import type { Mountable } from '../../src/engine/mount/mounter.ts'
import { type NfsShare, nfsMounter } from '../../src/engine/nfs/mounters.ts'
import { ExportError, nfsExports } from '../../src/engine/nfs/services.ts'
import { frontOf } from '../../src/engine/qsd/datapath-front.ts'
import { diskOf } from '../../src/engine/qsd/disk.ts'
import { reachServer } from '../../src/engine/server.ts'
import { SrUnreachableError } from '../../src/engine/sr/errors.ts'
import { hostOf, locationOf, shareAt, shareOf, uriOf } from './location.ts'

/** Where servers listen; which port they use is asked when an export is mounted. */
const NFS_PORT = 2049

export const driver: RepositoryDriver = {
  plugin: 'nfs',
  locate: (configuration) => locationOf(shareOf(configuration)),
  below(location, name) {
    const { host, path } = shareAt(location.sr)
    return locationOf({ host, path: `${path}/${name}` })
  },
  connect: ({ sr }) => connect(sr),
  disconnect: (sr) => releaseMount(mountable(sr), sr),
  async check({ sr }) {
    await reachServer({ host: shareAt(sr).host, port: NFS_PORT })
    if (mountedDirectory(mountable(sr)) === undefined) await connect(sr)
  },
  probe,
  imageUri({ sr }, fileName) {
    const { host, path } = shareAt(sr)
    return uriOf({ host, path: `${path}/${fileName}` })
  },
  locks: LEASES,
  localDisk(uri) {
    const daemon = `nfs:${shareAt(uri).host}`
    return { disk: diskOf(daemon, uri), front: frontOf(daemon, uri) }
  },
  // Another host may have them open, and none knows of the others.
  mayMerge: () => false,
}

/** Each SR has a mount of its own, of the export that it is in. */
function mountable(sr: string): Mountable {
  return { protocol: 'nfs', identity: [sr], label: sr }
}

async function connect(sr: string): Promise<string> {
  const share = shareAt(sr)
  const exported = await exportOf(share)
  const below = share.path.slice(exported.length)
  await useMount(mountable(sr), sr, () => nfsMounter({ ...share, path: exported }, below, user()))
  const root = mountedDirectory(mountable(sr))
  if (root === undefined) throw new SrUnreachableError(`the mount of ${sr} has ended at once`)
  return join(root, below)
}

/** @throws ServerUnreachableError, RpcError, ExportError */
async function exportOf({ host, path }: NfsShare): Promise<string> {
  const exports = (await nfsExports(host, user())).map((one) => one.path)
  const [longest] = exports.filter((one) => isWithin(path, one)).sort((one, other) => other.length - one.length)
  if (longest !== undefined) return longest
  if (exports.length === 0) return path
  throw new ExportError(`the server ${host} does not export ${path}, but ${exports.join(', ')}`)
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}

async function probe(configuration: Configuration): Promise<readonly ProbeResult[] | undefined> {
  const { server, serverpath } = configuration
  if (server === undefined) return [incomplete(configuration, 'server is missing: give server=NAME')]
  if (serverpath !== undefined) return undefined
  const exports = await nfsExports(hostOf(server), user())
  if (exports.length === 0) throw new ExportError(`the server ${server} exports nothing that it tells of`)
  return exports.map(({ path, clients }) =>
    incomplete(
      { ...configuration, serverpath: path },
      `exported to ${clients.length === 0 ? 'everybody' : clients.join(', ')}: probe again with this serverpath`,
    ),
  )
}

function user(): { uid: number; gid: number } {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
}
