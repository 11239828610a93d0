/** Errors of NFS version 3 (RFC 1813, section 2.6) as those of the system. */
import { constants } from 'node:os'

const { errno } = constants

/** The codes that differ from Linux; all others below 128 are the same. */
const DIFFERENT: Readonly<Record<number, number>> = {
  63: errno.ENAMETOOLONG,
  66: errno.ENOTEMPTY,
  69: errno.EDQUOT,
  70: errno.ESTALE,
  71: errno.EIO,
  10001: errno.ESTALE,
  10003: errno.EINVAL,
  10004: errno.ENOTSUP,
  10005: errno.EINVAL,
  10006: errno.EIO,
  10007: errno.EINVAL,
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
    this.errno = DIFFERENT[status] ?? (status < 128 ? status : errno.EIO)
  }
}
