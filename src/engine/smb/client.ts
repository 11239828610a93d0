/** What a program that mounts shares is told. */
import type { Mounter } from '../mount/mounter.ts'
import type { SmbShare } from './address.ts'

/** Who to be on the server; a guest where there is no user. */
export interface Login {
  readonly user?: string
  readonly password?: string
  /** Domain or workgroup of the user. */
  readonly domain?: string
}

/** A client of SMB: how it mounts a share. */
export type SmbClient = (share: SmbShare, login: Login) => Mounter

/** The server does not say which it is. */
export const DENIAL = 'the server refuses the user or the password, or has no such share'
