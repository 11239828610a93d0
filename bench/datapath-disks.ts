/** Disks of every scheme, each on a real server, for the benches of the datapath plugins. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createImageArguments, type ImageFormat } from '../src/engine/image-format.ts'
import type { lacks } from '../test/support/needs.ts'
import { CEPH_NEEDS, cephCluster } from '../test/support/servers/ceph.ts'
import { httpsServer } from '../test/support/servers/https.ts'
import { ISCSI_NEEDS, iscsiServer } from '../test/support/servers/iscsi.ts'
import { NBD_NEEDS, nbdServer } from '../test/support/servers/nbd.ts'
import { NFS_NEEDS, nfsServer } from '../test/support/servers/nfs.ts'
import { SMB_NEEDS, smbServer } from '../test/support/servers/smb.ts'

/** Bytes of a disk. */
export const DISK_SIZE = 64 * 2 ** 20

/** Where the disks of a scheme come from. */
export interface Source {
  /** The URI of a new disk. */
  newDisk(): Promise<string>
  remove(): Promise<void>
}

export interface Scheme {
  readonly name: string
  /** The plugin, in the repository. */
  readonly plugin: string
  readonly needs: Parameters<typeof lacks>
  start(directory: string): Promise<Source>
}

const QEMU = ['qemu-storage-daemon', 'qemu-img'] as const

export const SCHEMES: readonly Scheme[] = [
  file('file, raw, by the kernel', 'raw', ''),
  file('file, raw, by QEMU', 'raw', '?engine=qsd'),
  file('file, qcow2', 'qcow2', ''),
  file('file, vhd', 'vhd', ''),
  {
    name: 'nbd',
    plugin: 'datapath.d/nbd',
    needs: [...NBD_NEEDS, ...QEMU],
    async start() {
      const server = await nbdServer()
      return numbered(server, async (number) => {
        server.addExport(number, DISK_SIZE)
        return `nbd://${server.host.address}/${number}`
      })
    },
  },
  {
    name: 'iscsi',
    plugin: 'datapath.d/iscsi',
    needs: [...ISCSI_NEEDS, ...QEMU, 'qemu-block-extra'],
    async start() {
      const server = await iscsiServer()
      return numbered(server, async (number) => {
        await server.addUnit(Number(number), DISK_SIZE)
        return `iscsi://${server.host.address}/${server.target}/${number}`
      })
    },
  },
  {
    name: 'nfs, qcow2',
    plugin: 'datapath.d/nfs',
    needs: [...NFS_NEEDS, ...QEMU, 'qemu-block-extra'],
    async start() {
      const server = await nfsServer()
      return numbered(
        server,
        async (number) => `nfs://${server.host.address}${image(server.exportPath, number, 'qcow2')}`,
      )
    },
  },
  {
    name: 'smb, qcow2',
    plugin: 'datapath.d/smb',
    needs: [...SMB_NEEDS, ...QEMU, 'smbnetfs'],
    async start() {
      const server = await smbServer()
      const login = `${server.user}:${encodeURIComponent(server.password)}`
      return numbered(server, async (number) => {
        image(server.directory, number, 'qcow2')
        return `smb://${login}@${server.host.address}/${server.share}/${number}.qcow2`
      })
    },
  },
  {
    name: 'rbd',
    plugin: 'datapath.d/rbd',
    needs: [...CEPH_NEEDS, ...QEMU, 'qemu-block-extra'],
    async start() {
      const cluster = await cephCluster()
      return numbered(cluster, async (number) => {
        await cluster.rbd('create', '--size', `${DISK_SIZE}B`, number)
        return `rbd://${cluster.pool}/${number}?conf=${cluster.configuration}`
      })
    },
  },
  {
    name: 'https, qcow2',
    plugin: 'datapath.d/https',
    needs: [...QEMU, 'nbdkit', 'openssl'],
    async start(directory) {
      const server = await httpsServer(directory)
      const { origin, ca } = server
      return numbered({ remove: () => server.stop() }, async (number) => {
        image(directory, number, 'qcow2')
        return `${origin}/${number}.qcow2?ca=${ca}`
      })
    },
  },
]

function file(name: string, format: ImageFormat, query: string): Scheme {
  return {
    name,
    plugin: 'datapath.d/file',
    needs: ['losetup', 'loop devices', ...QEMU],
    async start(directory) {
      mkdirSync(directory, { recursive: true })
      const remove = async () => {}
      return numbered({ remove }, async (number) => `file://${image(directory, number, format)}${query}`)
    },
  }
}

/** Makes an image, and gives its path. */
export function image(directory: string, name: string, format: ImageFormat): string {
  const path = join(directory, `${name}.${format}`)
  execFileSync('qemu-img', [...createImageArguments(path, format, DISK_SIZE)])
  return path
}

/** A source whose disks are numbered from one. */
function numbered(server: Pick<Source, 'remove'>, make: (number: string) => Promise<string>): Source {
  let disks = 0
  return { newDisk: () => make(String(++disks)), remove: () => server.remove() }
}
