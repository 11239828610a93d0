/** What a volume group and what is in it looks like, wherever it was read from. */
import type { Int64 } from '../../contract/json.ts'

/** A stretch of a physical volume, in physical extents. */
export interface ExtentRange {
  /** Path of the physical volume. */
  readonly device: string
  readonly first: number
  readonly last: number
}

/** A part of a logical volume that is mapped in one way. */
export interface Segment {
  /** Byte in the logical volume. */
  readonly start: number
  /** `linear` for one that is just a range; `striped`, `thin` and others are not. */
  readonly type: string
  readonly ranges: readonly ExtentRange[]
}

export interface LogicalVolume {
  readonly name: string
  readonly tags: readonly string[]
  /** Bytes. */
  readonly size: number
  readonly readOnly: boolean
  /** How much of a thin volume or pool is in use, in percent; undefined for others. */
  readonly dataPercent?: number
  /** In the order of their bytes. */
  readonly segments: readonly Segment[]
}

export interface PhysicalVolume {
  readonly path: string
  /** Byte at which the first physical extent begins. */
  readonly start: number
}

export interface VolumeGroup {
  readonly name: string
  readonly uuid: string
  readonly tags: readonly string[]
  readonly size: Int64
  readonly free: Int64
  /** Bytes of a physical extent. */
  readonly extentSize: number
  /** Number of its physical volumes that are not there. */
  readonly missing: number
  readonly exported: boolean
  readonly physicalVolumes: readonly PhysicalVolume[]
  readonly logicalVolumes: readonly LogicalVolume[]
}
