/** What mounts an NFS export: the kernel's client where there is one, otherwise our own. */
import { type Mountable, type Mounter, stayingScript } from '../mount/mounter.ts'
import { kernelHasFileSystem, programIsInstalled } from '../mount/programs.ts'
import type { RpcUser } from './rpc.ts'
import { servingArguments } from './serve.ts'

/** A directory that a server exports, or one below it. */
export interface NfsShare {
  readonly host: string
  readonly path: string
}

const KERNEL_PROGRAM = 'mount.nfs'
const KERNEL_PACKAGE = 'nfs-common'

const DENIAL = 'the server does not let this host or this user in'

/**
 * Version 3, as the datapath speaks it; requests fail after about 15 seconds, so that no call hangs for ever; locks are
 * our own, see ../lease.ts.
 */
const KERNEL_OPTIONS =
  'nosuid,nodev,noexec,nfsvers=3,proto=tcp,nolock,soft,timeo=50,retrans=2,actimeo=0,lookupcache=none'

/** The mount of an export. */
export function mountableExport({ host, path }: NfsShare): Mountable {
  return { protocol: 'nfs', identity: [host, path], label: `the export ${path} of ${host}` }
}

/**
 * What mounts best here.
 * @param below the directory of the export that is used, as `/sub/directory`; empty where that is the exported one
 */
export function nfsMounter(share: NfsShare, below: string, user: RpcUser): Mounter {
  return kernelHasFileSystem('nfs', ['nfs']) && programIsInstalled(KERNEL_PROGRAM)
    ? kernelMounter(share)
    : ownMounter(share, below, user)
}

export function kernelMounter({ host, path }: NfsShare): Mounter {
  const source = `${host.includes(':') ? `[${host}]` : host}:${path}`
  return {
    program: KERNEL_PROGRAM,
    package: KERNEL_PACKAGE,
    below: '',
    denial: DENIAL,
    process: (directory, mountpoint) => ({
      command: 'sh',
      args: ['-c', stayingScript(KERNEL_PROGRAM), 'sh', source, mountpoint, KERNEL_OPTIONS, `${directory}/forever`],
      env: {},
    }),
  }
}

export function ownMounter(share: NfsShare, below: string, user: RpcUser): Mounter {
  return {
    program: process.execPath,
    package: 'nodejs',
    below: '',
    denial: DENIAL,
    process: (_directory, mountpoint) => ({
      command: process.execPath,
      args: servingArguments({ ...share, below, user }, mountpoint),
      env: {},
    }),
  }
}
