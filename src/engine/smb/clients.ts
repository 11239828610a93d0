/** What mounts a share: the kernel's client where there is one, otherwise smbnetfs. */
import { kernelHasFileSystem, programIsInstalled } from '../mount/programs.ts'
import { cifs } from './cifs.ts'
import type { SmbClient } from './client.ts'
import { smbnetfs } from './smbnetfs.ts'

/** The values of the option `client`. */
export const CLIENTS: Readonly<Record<string, SmbClient>> = { kernel: cifs, smbnetfs }

/** @param name of the option `client`; undefined: the better one that is there */
export function clientOf(name: string | undefined): SmbClient {
  const named = name === undefined || !Object.hasOwn(CLIENTS, name) ? undefined : CLIENTS[name]
  if (named !== undefined) return named
  return kernelHasFileSystem('cifs', ['smb/client', 'cifs']) && programIsInstalled(cifs.program) ? cifs : smbnetfs
}
