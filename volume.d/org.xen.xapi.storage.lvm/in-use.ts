/**
 * Who has a volume attached. With device-mapper the kernel knows, and LVM refuses to take a device from who has it open.
 * Without, a disk is a range of the physical volume, and would go on being written when that belongs to another volume.
 */
import { hasDeviceMapper } from '../../src/engine/lvm/device-mapper.ts'
import { isAttachedHere } from '../../src/engine/qsd/attached.ts'
import { diskOf } from '../../src/engine/qsd/disk.ts'
import { VolumeInUseError } from '../../src/engine/sr/errors.ts'
import type { FoundVolume } from './repository.ts'
import { uriOf } from './stat.ts'

/** The daemon of the datapath plugin that serves the URIs of volumes. */
const DAEMON = 'file'

/** @throws VolumeInUseError where the datapath of this host has the volume attached, and only that knows */
export function refuseAttached({ layout, generation }: Pick<FoundVolume, 'layout' | 'generation'>): void {
  if (hasDeviceMapper()) return
  const { key, volume } = generation
  // Also one whose tags do not tell any more which of both URIs it had.
  const uris = [true, false].map((readWrite) => uriOf(layout, volume, readWrite))
  if (uris.some((uri) => isAttachedHere(diskOf(DAEMON, uri)))) {
    throw new VolumeInUseError(`${key} is attached: detach it first`)
  }
}
