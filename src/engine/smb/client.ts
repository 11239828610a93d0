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

/** A client of SMB. */
export interface SmbClient {
  /** The program that has to be installed, and the package that brings it. */
  readonly program: string
  readonly package: string
  mounter(share: SmbShare, login: Login): Mounter
}

/** The server does not say which it is. */
export const DENIAL = 'the server refuses the user or the password, or has no such share'
