/**
 * The block device of a disk that can be written: qemu-storage-daemon neither lets one disk be written over NBD and as a
 * block device at once (see exports.ts) nor mirrors one that has a writable block device. A second daemon therefore is
 * a client of the disk's NBD export, and makes the block device.
 *
 * Each request then goes through two daemons, one after the other (see block-device.ts), which leaves 0.67 to 0.75 of the
 * requests of a FUSE export on the image itself. No node of QEMU keeps the right to resize from what is below it; daemons in
 * iothreads, polling or not, are no faster; nbdfuse, which has many requests under way, is (1.2 of that export), but takes 12 MB
 * for each disk, ends with the disk's daemon, and does not see a disk grow.
 *
 * It is connected from attach to detach and knows nothing of activation: its I/O fails where the disk's own does. Should
 * the disk's daemon die, requests wait a little for another one, so that the block device outlives it.
 */
import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Int64 } from '../../contract/json.ts'
import { answeredRequests, canUseLoops } from '../loop.ts'
import { errnoOf } from '../storage-error.ts'
import { runToolWithin, ToolError, type ToolOptions, ToolTimeoutError } from '../tool.ts'
import { loopsOver } from './block-device.ts'
import { runningPid } from './daemon.ts'
import { waitUntil } from './daemon-process.ts'
import type { DiskDescription } from './description.ts'
import { activateDisk, attachDisk, type Disk, diskOf } from './disk.ts'
import { resizeDisk } from './disk-size.ts'
import { diskDirectory, mountFile, readState } from './disk-state.ts'
import type { DiskAddress } from './exports.ts'
import { QmpError } from './qmp-error.ts'

/** Seconds that a request waits for the disk's daemon to come back. */
const RECONNECT_SECONDS = 10

/** Milliseconds that a flush may take without a request being answered: longer than requests wait for a daemon. */
const FLUSH_PATIENCE = 15_000

/** Milliseconds for the new size to arrive at the block device. */
const PATIENCE = 10_000

/** What was written to a block device did not reach its storage. */
export class FlushError extends Error {
  override readonly name = 'FlushError'
  /** Whether the storage answers nothing at all. */
  readonly silent: boolean

  constructor(device: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`what was written to ${device} may be lost, its storage does not take it: ${reason}`, { cause })
    this.silent = cause instanceof ToolTimeoutError
  }
}

/** Whether this process can make block devices of disks: it is root, and the kernel has loop devices and FUSE. */
export function canMakeBlockDevices(): boolean {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK)
    return canUseLoops()
  } catch {
    return false
  }
}

/** The second disk that makes the block device of a disk, under the same lock: both come and go together. */
export function frontOf(group: string, uri: string): Disk {
  return diskOf(`block devices of ${group}`, uri, group)
}

/** Makes the block device of an attached disk. */
export async function attachFront(
  front: Disk,
  nbd: NonNullable<DiskAddress['nbd']>,
  size: Int64,
): Promise<Pick<DiskAddress, 'blockDevice' | 'pageCache'>> {
  const description: DiskDescription = {
    protocol: {
      driver: 'nbd',
      server: { type: 'unix', path: nbd.socket },
      export: nbd.exportName,
      'reconnect-delay': RECONNECT_SECONDS,
    },
    format: 'raw',
    readOnly: false,
    cache: 'writeback',
    discard: 'unmap',
    detectZeroes: 'off',
  }
  const address = await attachDisk(front, description, ['block'], size)
  await activateDisk(front, description, ['block'], 'read-write')
  if (address.size !== size) await resizeFront(front, size)
  const { blockDevice, pageCache } = address
  return { ...(blockDevice === undefined ? {} : { blockDevice }), ...(pageCache === undefined ? {} : { pageCache }) }
}

/** Shows the new size of the disk at its block device. */
export async function resizeFront(front: Disk, size: Int64): Promise<void> {
  if (!isUp(front)) return
  let refusal: QmpError | undefined
  const resized = await waitUntil(async () => {
    connectAgain(front)
    try {
      await resizeDisk(front, size)
      return true
    } catch (error) {
      if (!(error instanceof QmpError)) throw error
      refusal = error
      return false
    }
  }, PATIENCE)
  if (!resized && refusal !== undefined) throw refusal
}

/** Whether a disk is attached, and its daemon lives. */
export function isUp({ daemon, id }: Disk): boolean {
  return readState(daemon, id) !== undefined && runningPid(daemon) !== undefined
}

/**
 * Brings what the kernel holds back of a disk's block device to the disk's daemon.
 * @throws FlushError where the storage refuses, or answers nothing for a while
 */
export async function flushBlockDevice({ daemon, id }: Disk): Promise<void> {
  const state = readState(daemon, id)
  // The directory of a disk without a state may be gone.
  const log = state === undefined ? {} : { log: join(diskDirectory(daemon, id), 'flush') }
  const loops = loopsOver(mountFile(daemon, id), state?.loop)
  for (const { device, readOnly } of loops) if (!readOnly) await flush(device, log)
}

async function flush(device: string, log: Pick<ToolOptions, 'log'>): Promise<void> {
  try {
    await runToolWithin('sync', [device], FLUSH_PATIENCE, { progress: () => answeredRequests(device), ...log })
  } catch (error) {
    // A device that has been freed meanwhile has nothing left to flush.
    if (error instanceof ToolError && /No such (file|device)/.test(error.stderr)) return
    throw new FlushError(device, error)
  }
}

/** The client of the disk's export notices by its next request that the export has gone, and has come back. */
function connectAgain({ daemon, id }: Disk): void {
  try {
    const descriptor = openSync(mountFile(daemon, id), 'r')
    try {
      readSync(descriptor, Buffer.alloc(512), 0, 512, 0)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    // The disk need not be activated.
    if (errnoOf(error) !== 'EIO') throw error
  }
}
