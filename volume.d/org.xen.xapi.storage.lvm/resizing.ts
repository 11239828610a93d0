/**
 * How volumes grow. The extents they get hold what somebody had there before, and must be zeroed before the volume has
 * them: they are taken by a logical volume of their own, zeroed in it, and then given to the volume.
 */
import { type Lock, withLock } from '../../src/engine/lock.ts'
import { piecesOf, zero } from '../../src/engine/lvm/content.ts'
import { hasDeviceMapper } from '../../src/engine/lvm/device-mapper.ts'
import {
  extendLinear,
  extendThin,
  linearArguments,
  type Placement,
  removeLogicalVolume,
} from '../../src/engine/lvm/logical-volumes.ts'
import { tagsOf } from '../../src/engine/lvm/tags.ts'
import { PluginError } from '../../src/kit/index.ts'
import { refuseAttached } from './in-use.ts'
import { removeOthers } from './leftovers.ts'
import { allocate, findMaking, removeFailed, replaceVolume } from './making.ts'
import { fieldsWhileMaking, metadataOf, spaceName } from './metadata.ts'
import { type Attachment, type FoundVolume, pathsOf, srLockFile } from './repository.ts'

/**
 * Makes a volume larger, to a size that is a multiple of the extents' size; the volume's lock must be held.
 * @throws PluginError SR_BACKEND_FAILURE_44, and the volume is as it was
 */
export function growVolume(attachment: Attachment, found: FoundVolume, bytes: number, held: Lock): void {
  const { key, volume } = found.generation
  const { vg } = attachment
  if (found.identity.allocation === 'thin') {
    extendThin(pathsOf(attachment), vg, volume.name, bytes, held.descriptor)
    return
  }
  refuseAttached(found)
  // A killed call may have left the space that it was about to add.
  removeOthers(attachment, key, held)
  const placement = placementAfter(found, bytes - volume.size)
  if (placement === undefined || !extend(attachment, found, bytes - volume.size, placement, held)) {
    // Its neighbour is taken: all of it moves to where there is space.
    replaceVolume(attachment, found, {}, { bytes, source: found }, held)
  }
}

/** Where a volume must go on: anywhere with device-mapper, otherwise right behind its end; undefined: it cannot. */
function placementAfter({ generation, layout }: FoundVolume, bytes: number): Placement | undefined {
  if (hasDeviceMapper()) return {}
  const last = generation.volume.segments.at(-1)?.ranges.at(-1)
  if (last === undefined) return undefined
  const first = last.last + 1
  return { ranges: [{ device: last.device, first, last: first + bytes / layout.extentSize - 1 }] }
}

/** Whether there was space for it at that place. */
function extend(
  attachment: Attachment,
  { generation }: FoundVolume,
  bytes: number,
  placement: Placement,
  held: Lock,
): boolean {
  const { key, volume } = generation
  const { vg } = attachment
  const devices = pathsOf(attachment)
  const name = spaceName(key)
  const tags = tagsOf(fieldsWhileMaking({ ...metadataOf(generation), name: '', description: '', keys: {} }))
  try {
    allocate(attachment, () => linearArguments({ vg, name, tags }, bytes, placement), held)
  } catch (error) {
    if (placement.ranges !== undefined && error instanceof PluginError) return false
    throw error
  }
  try {
    const space = findMaking(attachment, key, name)
    zero(piecesOf(space.layout, space.volume), held.descriptor)
    // The extents are free for a moment: no other call may take them then.
    withLock(srLockFile(attachment), () => {
      removeLogicalVolume(devices, vg, name, held.descriptor)
      extendLinear(
        devices,
        vg,
        volume.name,
        space.volume.segments.flatMap(({ ranges }) => ranges),
        held.descriptor,
      )
    })
    return true
  } catch (error) {
    removeFailed(attachment, name, held)
    throw error
  }
}
