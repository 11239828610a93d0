/** What a scheme has to say about its disks, for qsdDatapath. */
import type { DiskOptions, OwnOptions } from '../disk-options.ts'
import type { ParsedUri } from '../disk-uri.ts'
import type { Server } from '../server.ts'
import type { DiskDescription } from './description.ts'

/** What differs from scheme to scheme. */
export interface SchemeDriver {
  /** The options that only this scheme has; those of disk-options.ts every scheme has. None unless given. */
  readonly options?: OwnOptions
  /** What is done with other parameters of the query; `refused` unless given. */
  readonly unknownOptions?: 'refused' | 'passed on'
  /**
   * The daemon that disks of this URI share: scheme and server, such as `nfs:server`.
   * @throws DiskUriError
   */
  group(uri: ParsedUri): string
  /**
   * The image behind the URI: see describeDisk in disk-options.ts, and credentials.ts. Called by attach, activate and
   * each other method that may have to attach the disk anew; it must be quick and change nothing.
   * @throws DiskUriError for a URI that makes no sense
   */
  describe(uri: ParsedUri, options: DiskOptions): DiskDescription | Promise<DiskDescription>
  /** The server, which is asked whether it is there before the daemon is told to connect to it. */
  server?(uri: ParsedUri): Server | undefined
  /**
   * The same where no one address says it, and of a disk that is being given up: who waits for a server that is gone waits
   * for ever.
   * @throws ServerUnreachableError
   */
  reach?(uri: ParsedUri, options: DiskOptions): Promise<void>
  /**
   * Starts what a disk needs and what can be started whether the server is there or not, which is asked meanwhile; called by
   * each attach and activate, so repeatable.
   */
  start?(uri: ParsedUri, options: DiskOptions): void | Promise<void>
  /** What a disk needs before it is described, such as a mount; called by each attach and activate, so repeatable. */
  prepare?(uri: ParsedUri, options: DiskOptions): void | Promise<void>
  /** Undoes start and prepare, when no domain has the URI attached any more; repeatable. */
  release?(uri: ParsedUri): void | Promise<void>
}
