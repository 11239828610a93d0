/** What mounts a share: the kernel's client where there is one, otherwise smbnetfs. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { toolEnvironment } from '../tool.ts'
import { cifs } from './cifs.ts'
import type { SmbClient } from './client.ts'
import { smbnetfs } from './smbnetfs.ts'

/** The values of the option `client`. */
export const CLIENTS: Readonly<Record<string, SmbClient>> = { kernel: cifs, smbnetfs }

/** @param name of the option `client`; undefined: the better one that is there */
export function clientOf(name: string | undefined): SmbClient {
  const named = name === undefined || !Object.hasOwn(CLIENTS, name) ? undefined : CLIENTS[name]
  if (named !== undefined) return named
  return kernelHasClient() && isInstalled(cifs.program) ? cifs : smbnetfs
}

/** Loaded, or a module that mounting loads. */
function kernelHasClient(): boolean {
  if (/\tcifs$/m.test(readFileSync('/proc/filesystems', 'utf8'))) return true
  const modules = join('/lib/modules', release(), 'kernel/fs')
  return ['smb/client', 'cifs'].some((directory) => existsSync(join(modules, directory)))
}

function isInstalled(program: string): boolean {
  return toolEnvironment()
    .PATH.split(':')
    .some((directory) => {
      try {
        accessSync(join(directory, program), constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
