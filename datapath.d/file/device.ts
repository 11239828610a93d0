/** The loop device of a disk: shared by all domains that attach the same file in the same way. */
import { syncPath } from '../../src/engine/atomic-file.ts'
import {
  attachLoop,
  detachLoop,
  type LoopDevice,
  loopAt,
  loopCapacity,
  loopDevices,
  refreshLoopCapacity,
  servesFile,
} from '../../src/engine/loop.ts'
import { errnoOf } from '../../src/engine/storage-error.ts'
import { type Access, type Disk, DiskError } from './disk.ts'
import type { Attachment } from './state.ts'

/**
 * A loop device for a disk: the one there is, or a new one. Two devices for one file would each have a cache of their
 * own and show each other's writes late or never.
 * @throws DiskError where cache=none is asked for and not possible
 */
export function provideDevice(disk: Disk, access: Access): string {
  const existing = loopDevices(disk.realPath).find(
    (loop) => servesFile(loop, disk.realPath) && fits(loop, disk, access),
  )
  if (existing !== undefined) {
    refreshDevice(existing.device, access)
    return existing.device
  }
  const loop = attachLoop(disk.path, {
    readOnly: access.readOnly,
    direct: disk.cache !== 'writeback',
  })
  if (disk.cache !== 'none' || loop.direct) return loop.device
  detachLoop(loop.device)
  throw new DiskError(`the file system of ${disk.path} does not allow cache=none; leave the option out`)
}

/** Whether a device serves a disk now. */
export function isDeviceOf(device: string, disk: Disk): boolean {
  const loop = loopAt(device)
  return loop !== undefined && servesFile(loop, disk.realPath)
}

/** Makes a device as large as its file has become. */
export function refreshDevice(device: string, { kind, size }: Access): void {
  if (kind === 'file' && loopCapacity(device) !== size - (size % 512)) refreshLoopCapacity(device)
}

/** Our devices that serve or served a disk, whether or not somebody has them attached. */
export function devicesOf(disk: Disk): readonly string[] {
  return loopDevices(disk.realPath).map(({ device }) => device)
}

/** Frees the devices of a disk that nobody has attached. */
export function freeUnusedDevices(disk: Disk, attachments: readonly Attachment[]): void {
  const used = new Set(attachments.map(({ device }) => device))
  for (const device of devicesOf(disk)) {
    if (!used.has(device)) detachLoop(device)
  }
}

/** Brings what was written to a device or file to its storage, for the host that goes on with it. */
export function flush(path: string): void {
  try {
    syncPath(path)
  } catch (error) {
    if (!['ENOENT', 'ENXIO', 'EACCES', 'EROFS'].includes(errnoOf(error) ?? '')) throw error
  }
}

function fits(loop: LoopDevice, disk: Disk, access: Access): boolean {
  return (
    loop.offset === 0 &&
    loop.readOnly === access.readOnly &&
    (disk.cache === undefined || loop.direct === (disk.cache === 'none'))
  )
}
