import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { flockAddon } from '../../src/build/flock-addon.ts'
import { guestKernel } from './guest-kernel.ts'

/** What a test may need of the machine, and the Debian package that brings it. */
const TOOLS = {
  cc: 'gcc',
  losetup: 'util-linux',
  lvm: 'lvm2',
  'iscsi-ls': 'libiscsi-bin',
  'mkfs.xfs': 'xfsprogs',
  'mkfs.btrfs': 'btrfs-progs',
  'mkfs.ext4': 'e2fsprogs',
  python3: 'python3',
  jq: 'jq',
  bash: 'bash',
  zsh: 'zsh',
  'qemu-storage-daemon': 'qemu-system-common',
  'qemu-img': 'qemu-utils',
  'qemu-io': 'qemu-utils',
  fusermount3: 'fuse3',
  'python3-libnbd': 'python3-libnbd',
  'python3-rbd': 'python3-rbd',
  nbdkit: 'nbdkit',
  nbdinfo: 'libnbd-bin',
  openssl: 'openssl',
  ip: 'iproute2',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  'qemu-block-extra': 'qemu-block-extra',
  'ganesha.nfsd': 'nfs-ganesha',
  'nfs-ganesha-vfs': 'nfs-ganesha-vfs',
  rpcbind: 'rpcbind',
  'nfs-ls': 'libnfs-utils',
  tgtd: 'tgt',
  tgtadm: 'tgt',
  ceph: 'ceph-common',
  'ceph-authtool': 'ceph-common',
  'ceph-mon': 'ceph-mon',
  monmaptool: 'ceph-base',
  'ceph-osd': 'ceph-osd',
  rbd: 'ceph-common',
  smbd: 'samba',
  smbpasswd: 'samba-common-bin',
  smbclient: 'smbclient',
  smbnetfs: 'smbnetfs',
  chromium: 'chromium',
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
  cpio: 'cpio',
  fio: 'fio',
} as const

type Need = keyof typeof TOOLS | 'root' | 'loop devices' | 'guest kernel' | 'flock addon'

/**
 * Whether a test has to be skipped because the machine lacks something, for `describe.skipIf` and `test.skipIf`.
 * Under CI nothing may lack: the first missing thing is thrown, so that the run fails and names it.
 */
export function lacks(...needs: Need[]): boolean {
  const missing = needs.filter((need) => !has(need))
  if (missing.length === 0) return false
  const names = missing.map((need) =>
    need in TOOLS ? `${need} (apt-get install ${TOOLS[need as keyof typeof TOOLS]})` : need,
  )
  const message = `skipped, this machine lacks: ${names.join(', ')}`
  if (process.env.CI) throw new Error(message)
  console.warn(message)
  return true
}

function has(need: Need): boolean {
  if (need === 'root') return process.getuid?.() === 0
  if (need === 'loop devices') return has('root') && readable('/dev/loop-control')
  if (need === 'guest kernel') return guestKernel() !== undefined
  if (need === 'flock addon') return flockAddon() !== undefined
  if (need === 'python3') return readable('/usr/bin/python3')
  if (need === 'python3-libnbd') return readable('/usr/lib/python3/dist-packages/nbd.py')
  if (need === 'python3-rbd') return hasPythonModule('rbd') && hasPythonModule('rados')
  if (need === 'qemu-block-extra') return readable(libraryOf('qemu/block-nfs.so'))
  if (need === 'nfs-ganesha-vfs') return readable(libraryOf('ganesha/libfsalvfs.so'))
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return directories.some((directory) => executable(join(directory, need)))
}

/** A module of Debian's Python in C. */
function hasPythonModule(name: string): boolean {
  const directory = '/usr/lib/python3/dist-packages'
  return readable(directory) && readdirSync(directory).some((file) => file.startsWith(`${name}.cpython-`))
}

/** A file in Debian's directory for the libraries of this architecture. */
export function libraryOf(path: string): string {
  const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
  return join('/usr/lib', `${architecture}-linux-gnu`, path)
}

function readable(path: string): boolean {
  return accessible(path, constants.R_OK)
}

function executable(path: string): boolean {
  return accessible(path, constants.X_OK)
}

function accessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
