/** Errors of NFS version 3 (RFC 1813, section 2.6) as those of the system. */
import { constants } from 'node:os'

/** The codes that differ from Linux; all others below 128 are the same. */
const DIFFERENT: Readonly<Record<number, keyof typeof constants.errno>> = {
  63: 'ENAMETOOLONG',
  66: 'ENOTEMPTY',
  69: 'EDQUOT',
  70: 'ESTALE',
  71: 'EIO',
  10001: 'ESTALE',
  10003: 'EINVAL',
  10004: 'ENOTSUP',
  10005: 'EINVAL',
  10006: 'EIO',
  10007: 'EINVAL',
}

/** The server is busy, such as with fetching a file from a tape: to be asked again. */
export const JUKEBOX = 10_008

/** What a server answered to a request. */
export class NfsError extends Error {
  override readonly name = 'NfsError'
  /** The system's number for it. */
  readonly errno: number

  constructor(status: number) {
    super(`the NFS server answered with error ${status}`)
    const name = DIFFERENT[status] ?? (status < 128 ? undefined : 'EIO')
    this.errno = name === undefined ? status : constants.errno[name]
  }
}
