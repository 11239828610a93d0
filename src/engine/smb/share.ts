/** The mounts of SMB shares. */
import type { Mountable } from '../mount/mounter.ts'
import type { SmbShare } from './address.ts'

/** Who uses a share, and how; without a password. */
export interface ShareUse {
  readonly user?: string | undefined
  /** Path of the file that holds the login. */
  readonly credentials?: string | undefined
  readonly domain?: string | undefined
  readonly client?: string | undefined
}

/** A share as somebody uses it: the same use has one mount, whether a volume plugin or a datapath plugin makes it. */
export function mountableShare({ host, port, share }: SmbShare, use: ShareUse): Mountable {
  return {
    protocol: 'smb',
    identity: [host, port, share, use.user, use.credentials, use.domain, use.client],
    label: `the share ${share} of ${host}`,
  }
}
