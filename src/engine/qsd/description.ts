/** What a disk is, and what follows from it, whatever the nodes that make it: see nodes.ts. */
import type { Int64 } from '../../contract/json.ts'
import type { ImageFormat } from '../image-format.ts'
import type { Protocol, Secret } from './protocols.ts'
import type { QmpObject } from './qmp.ts'

export type { Protocol, Secret, SocketAddress } from './protocols.ts'

/** How the host's page cache and flushes are used. */
export type CacheMode = 'none' | 'writeback' | 'writethrough' | 'unsafe'

interface CacheRow {
  readonly direct: boolean
  readonly noFlush: boolean
  /** Whether each write is followed by a flush; said at the export. */
  readonly writethrough: boolean
}

/** The one table of cache modes. */
export const CACHE_MODES: Readonly<Record<CacheMode, CacheRow>> = {
  none: { direct: true, noFlush: false, writethrough: false },
  writeback: { direct: false, noFlush: false, writethrough: false },
  writethrough: { direct: false, noFlush: false, writethrough: true },
  unsafe: { direct: false, noFlush: true, writethrough: false },
}

/** Limits of a disk's I/O: bytes or operations per second, as QMP's ThrottleLimits names them. */
export type IoLimits = Partial<
  Record<'bps-total' | 'bps-read' | 'bps-write' | 'iops-total' | 'iops-read' | 'iops-write', Int64>
>

/** What a disk is. It holds secrets: it is made anew from the URI by every call, and stored nowhere. */
export interface DiskDescription {
  readonly protocol: Protocol
  readonly secrets?: readonly Secret[]
  readonly format: ImageFormat
  /** Bytes of the disk as the image file says it, where that is known already; unless given, a file of this host is asked. */
  readonly says?: Int64
  /** The part of a raw image that is the disk, in bytes; all of it unless given. */
  readonly part?: { readonly offset: Int64; readonly size: Int64 }
  readonly readOnly: boolean
  readonly cache: CacheMode
  /** Whether discard requests free the blocks of the image. */
  readonly discard: 'unmap' | 'ignore'
  /** Whether writes of zeroes are made cheap: `unmap` frees the blocks and needs `discard: 'unmap'`. */
  readonly detectZeroes: 'off' | 'on' | 'unmap'
  readonly limits?: IoLimits
  /**
   * The images that the image stands on, the topmost first, as driver and file; unless given, QEMU finds them by the names
   * in the headers.
   */
  readonly backing?: readonly { readonly driver: string; readonly file: QmpObject }[]
  /** Path of a qcow2 image that takes all writes, so that the image itself never changes; made where it is missing. */
  readonly overlay?: string
}

/** How a disk is opened: as it is described, or for reading only. */
export type Access = 'read-write' | 'read-only'

/**
 * Drivers whose node is opened at each activation: it then sees a file that was replaced, as a snapshot does. That takes
 * under a millisecond, and a few with NFS.
 */
const OPENED_AT_ACTIVATION: readonly string[] = ['file', 'host_device', 'nfs']

/** Drivers that can only read. */
const READ_ONLY_DRIVERS: readonly string[] = ['http', 'https']

/** Whether the protocol node waits for the activation; all others are connected from attach to detach. */
export function opensAtActivation(protocol: Protocol): boolean {
  return OPENED_AT_ACTIVATION.includes(protocol.driver)
}

/** Whether nothing is ever written to the image itself. */
export function imageIsReadOnly(description: DiskDescription): boolean {
  return (
    description.readOnly || description.overlay !== undefined || READ_ONLY_DRIVERS.includes(description.protocol.driver)
  )
}

/** Whether the exports of the disk refuse writes. */
export function exportIsReadOnly(description: DiskDescription): boolean {
  return description.overlay === undefined && imageIsReadOnly(description)
}
