/** SRs and volumes as the interface describes them. */
import { int64 } from '../../src/contract/json.ts'
import type { Result } from '../../src/contract/methods.ts'
import { formatFileUri } from '../../src/engine/file-uri.ts'
import { deviceOf, type Layout, piecesOf, UnmappableError } from '../../src/engine/lvm/content.ts'
import { hasDeviceMapper } from '../../src/engine/lvm/device-mapper.ts'
import { THIN_POOL } from '../../src/engine/lvm/logical-volumes.ts'
import { findLogicalVolumes, type LogicalVolume, type VolumeGroupHead } from '../../src/engine/lvm/report.ts'
import { DamagedTagsError } from '../../src/engine/lvm/tags.ts'
import { type SrStat, srStat } from '../../src/engine/sr/health.ts'
import type { Identity } from './identity.ts'
import { type Generation, metadataOf } from './metadata.ts'
import { type Attachment, allGenerations } from './repository.ts'

type Volume = Result<'Volume.stat'>

/** The record of an SR that is there. */
export function describeSr(sr: string, devices: readonly string[], head: VolumeGroupHead, identity: Identity): SrStat {
  const { uuid, name, description, allocation, destroying } = identity
  const { free, size } = allocation === 'thin' ? poolSpace(devices, head) : head
  return srStat(
    { sr, uuid, name, description, free_space: free, total_space: size },
    destroying ? 'being destroyed; repeat SR.destroy to finish it' : undefined,
  )
}

/** The record of a volume. */
export function describeVolume(layout: Layout, generation: Generation): Volume {
  const { key, volume } = generation
  const { name, description, read_write, sharable, keys } = metadataOf(generation)
  return {
    key,
    uuid: key,
    name,
    description,
    read_write,
    sharable,
    virtual_size: volume.size,
    physical_utilisation: usedBytes(volume),
    uri: [uriOf(layout, volume, read_write)],
    keys: { ...keys },
  }
}

/** The volumes of an SR: those that can be read, and the errors of those that cannot. */
export interface Volumes {
  readonly volumes: readonly Volume[]
  readonly damaged: readonly Error[]
  /** Logical volumes that are being made, or were left by killed calls. */
  readonly others: readonly Generation[]
}

/** Reads all volumes by one command. */
export function describeVolumes(attachment: Attachment): Volumes {
  const { current, others, layout } = allGenerations(attachment)
  const volumes: Volume[] = []
  const damaged: Error[] = []
  for (const generation of [...current.values()].sort((left, right) => (left.key < right.key ? -1 : 1))) {
    try {
      volumes.push(describeVolume(layout, generation))
    } catch (error) {
      if (!(error instanceof DamagedTagsError)) throw error
      damaged.push(new DamagedVolumeError(generation, error))
    }
  }
  return { volumes, damaged, others }
}

/** A volume whose tags do not make sense. */
export class DamagedVolumeError extends Error {
  override readonly name = 'DamagedVolumeError'

  constructor({ volume }: Generation, cause: DamagedTagsError) {
    super(`${volume.name}: ${cause.message}`)
  }
}

/** Bytes that a volume occupies: all of them, or what has been written of a thin one. */
function usedBytes({ size, dataPercent }: LogicalVolume): number {
  return dataPercent === undefined ? size : Math.round((size * dataPercent) / 100)
}

/** The device of the volume or, where the kernel makes none, the part of the physical volume that is the volume. */
export function uriOf(layout: Layout, volume: LogicalVolume, readWrite: boolean): string {
  const options = readWrite ? [] : ['read-only=true']
  const piece = hasDeviceMapper() ? undefined : onlyPiece(layout, volume)
  const part = piece === undefined ? [] : [`offset=${piece.offset}`, `size=${piece.length}`]
  const query = [...part, ...options].join('&')
  const path = piece?.device ?? deviceOf(layout.vg, volume.name)
  return `${formatFileUri(path)}${query === '' ? '' : `?${query}`}`
}

function onlyPiece(layout: Layout, volume: LogicalVolume) {
  try {
    const [piece, ...more] = piecesOf(layout, volume)
    return more.length === 0 ? piece : undefined
  } catch (error) {
    if (error instanceof UnmappableError) return undefined
    throw error
  }
}

/** Size and free space of the thin pool. */
function poolSpace(devices: readonly string[], { name }: VolumeGroupHead) {
  const pool = findLogicalVolumes(devices, name, THIN_POOL)?.logicalVolumes.find((volume) => volume.name === THIN_POOL)
  if (pool === undefined) throw new Error(`the volume group ${name} has no thin pool ${THIN_POOL}`)
  return { size: int64(BigInt(pool.size)), free: int64(BigInt(pool.size - usedBytes(pool))) }
}
