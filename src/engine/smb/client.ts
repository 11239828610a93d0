/** What a program that mounts shares has to say about itself. */
import type { SmbShare } from './address.ts'

/** Who to be on the server; a guest where there is no user. */
export interface Login {
  readonly user?: string
  readonly password?: string
  /** Domain or workgroup of the user. */
  readonly domain?: string
}

/** A process in a mount namespace of its own, which ends with it, and the mount with the namespace. */
export interface MountProcess {
  readonly command: string
  /** One of them is the mount point, by which the process is found again. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What the process reads from descriptor 3. */
  readonly secret?: string
  /** What is in the file `configuration` of the mount's directory, until the share is mounted. */
  readonly configuration?: string
}

export interface SmbClient {
  /** The program that has to be installed, and the package that brings it. */
  readonly program: string
  readonly package: string
  /**
   * @param directory of the mount
   * @param mountpoint an empty directory in it
   * @throws Error where the client cannot do what is asked
   */
  process(address: SmbShare, login: Login, directory: string, mountpoint: string): MountProcess
  /** Where the share is below the mount point. */
  shareBelow(address: SmbShare): string
}
