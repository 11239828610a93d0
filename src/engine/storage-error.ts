/** What the kernel says about storage, in the codes that the toolstack understands (script protocol, section 5.2). */
import { errors } from '../kit/index.ts'

const BY_ERRNO: Readonly<Record<string, (message: string) => Error>> = {
  ENOSPC: errors.noSpace,
  EDQUOT: errors.noSpace,
  EFBIG: errors.invalidSize,
}

/** The error number's name of a failed system call; undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** The error as the toolstack understands it: no space left and too large have codes of their own. */
export function storageError(error: unknown): unknown {
  const construct = BY_ERRNO[errnoOf(error) ?? '']
  return construct === undefined || !(error instanceof Error) ? error : construct(error.message)
}
