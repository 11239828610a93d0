/** The mounts of SMB shares. */
import type { Mountable } from '../mount/mounter.ts'
import type { SmbShare } from './address.ts'

/**
 * A share as somebody uses it.
 * @param as who is logged in and how, without a password
 */
export function mountableShare({ host, port, share }: SmbShare, as: readonly (string | undefined)[]): Mountable {
  return { protocol: 'smb', identity: [host, port, share, ...as], label: `the share ${share} of ${host}` }
}
