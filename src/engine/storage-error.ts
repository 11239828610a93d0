/** What the kernel says about storage, in the codes that the toolstack understands (script protocol, section 5.2). */
import { errors } from '../kit/index.ts'

const BY_ERRNO: Readonly<Record<string, (message: string) => Error>> = {
  ENOSPC: errors.noSpace,
  EDQUOT: errors.noSpace,
  EFBIG: errors.invalidSize,
}

/** What NFS answers about a file or directory that was replaced or removed since it was looked up; Node.js has no name for it. */
const ESTALE = -116

/** The error number's name of a failed system call; undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errno' in error && error.errno === ESTALE) return 'ESTALE'
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Whether a system call failed because a file or directory of its path is not there, or not any more. */
export function saysGone(error: unknown): boolean {
  return ['ENOENT', 'ESTALE'].includes(errnoOf(error) ?? '')
}

/** The error as the toolstack understands it: no space left and too large have codes of their own. */
export function storageError(error: unknown): unknown {
  const construct = BY_ERRNO[errnoOf(error) ?? '']
  return construct === undefined || !(error instanceof Error) ? error : construct(error.message)
}
