/** What mounts a share: the kernel's client where there is one, otherwise smbnetfs. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import type { SmbAddress } from './address.ts'
import { cifs } from './cifs.ts'
import { smbnetfs } from './smbnetfs.ts'

/** Who to be on the server; a guest where there is no user. */
export interface Login {
  readonly user?: string
  readonly password?: string
  /** Domain or workgroup of the user. */
  readonly domain?: string
}

/** A process in a mount namespace of its own, which ends with it, and the mount with the namespace. */
export interface MountProcess {
  readonly command: string
  /** One of them is the mount point, by which the process is found again. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What the process reads from descriptor 3. */
  readonly secret?: string
  /** What is in the file `configuration` of the mount's directory, until the share is mounted. */
  readonly configuration?: string
}

export interface SmbClient {
  /** The program that has to be installed, and the package that brings it. */
  readonly program: string
  readonly package: string
  /**
   * @param directory of the mount
   * @param mountpoint an empty directory in it
   * @throws Error where the client cannot do what is asked
   */
  process(address: SmbAddress, login: Login, directory: string, mountpoint: string): MountProcess
  /** Where the share is below the mount point. */
  shareBelow(address: SmbAddress): string
}

export const CLIENTS = { kernel: cifs, smbnetfs } as const

export type ClientName = keyof typeof CLIENTS

/** @param name of the option `client`; undefined: the better one that is there */
export function clientOf(name: string | undefined): SmbClient {
  if (name === 'kernel' || name === 'smbnetfs') return CLIENTS[name]
  return kernelHasClient() && isInstalled(cifs.program) ? cifs : smbnetfs
}

/** Where tools of the system are, for callers whose PATH is empty or has no sbin. */
export function toolPath(): string {
  const { PATH } = process.env
  return [...(PATH ? [PATH] : []), '/usr/sbin:/usr/bin:/sbin:/bin'].join(':')
}

/** Loaded, or a module that mounting loads. */
function kernelHasClient(): boolean {
  if (/\tcifs$/m.test(readFileSync('/proc/filesystems', 'utf8'))) return true
  const modules = join('/lib/modules', release(), 'kernel/fs')
  return ['smb/client', 'cifs'].some((directory) => existsSync(join(modules, directory)))
}

function isInstalled(program: string): boolean {
  return toolPath()
    .split(':')
    .some((directory) => {
      try {
        accessSync(join(directory, program), constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
