/**
 * Disks in a qemu-storage-daemon: attach, activate, deactivate, detach. Each is repeatable, may be called in any
 * state, and puts right what a killed call or a killed daemon left; see nodes.ts for the graph of a disk.
 *
 * - attach prepares everything that is slow (the daemon, the connection to the server, exports, block device) and looks
 *   at the image without disturbing who is writing it.
 * - activate opens the image and moves the exports onto it, deactivate flushes and closes it: a few milliseconds each.
 * - detach takes all of it away, and the last disk its daemon.
 */
import { join } from 'node:path'
import type { Int64 } from '../../contract/json.ts'
import { fileNameFor } from '../run-directory.ts'
import { abandon, daemonOf, diskIds, withRunning } from './daemon.ts'
import { withDaemonLock } from './daemon-lock.ts'
import { type Access, type DiskDescription, opensAtActivation } from './description.ts'
import { ensureAttached, stopUnused, takeApart } from './disk-build.ts'
import { type Disk, type DiskState, diskDirectory, type ExportKind, readState, writeState } from './disk-state.ts'
import { addressOf, type DiskAddress } from './exports.ts'
import { moveToIdle, moveToImage } from './graph.ts'
import { endJobs } from './jobs.ts'
import { nodesOf, sizeOf } from './live-nodes.ts'
import { nodeNames } from './nodes.ts'
import { type Qmp, withQmp } from './qmp.ts'
import { QmpConnectionError } from './qmp-error.ts'
import { saysSize } from './size-in-file.ts'

export type { Disk } from './disk-state.ts'

/** Milliseconds for a daemon to take a connection, and for each answer, before it is taken for stuck. */
const DETACH_PATIENCE = 10_000

/**
 * The disk of a URI; nothing is made. `group` names the daemon that it shares, see daemon.ts, and `lockGroup` the one whose
 * lock it takes.
 */
export function diskOf(group: string, uri: string, lockGroup = group): Disk {
  // A letter first, and 13 bytes, so that names made from it have at most the 31 that QEMU allows.
  return { daemon: daemonOf(group, lockGroup), id: `d${fileNameFor(uri).slice(0, 12)}` }
}

/**
 * Makes a disk reachable at an address that stays the same until detach; all I/O fails until it is activated.
 * @param straight the size in bytes of a disk that is activated for writing from attach to detach
 * @throws ExportConflictError, QmpError (image cannot be opened), PluginError (MissingDependency)
 */
export function attachDisk(
  disk: Disk,
  description: DiskDescription,
  exports: readonly ExportKind[],
  straight?: Int64,
): Promise<DiskAddress> {
  return withDaemonLock(disk.daemon, async () =>
    addressOf(disk, await ensureAttached(disk, description, exports, straight)),
  )
}

/**
 * Opens the image, so that I/O on the disk's address reaches it. A disk that its daemon has lost is attached anew. One
 * that is activated for writing stays so.
 * @returns whether the disk has the size that it was attached with, if the file does not say so
 * @throws QmpError, such as where another host or process has locked the image
 */
export function activateDisk(
  disk: Disk,
  description: DiskDescription,
  exports: readonly ExportKind[],
  access: Access,
): Promise<boolean> {
  return withDaemonLock(disk.daemon, async () => {
    const state = await ensureAttached(disk, description, exports)
    if (state.phase === 'active' && (state.access === access || state.access === 'read-write')) return true
    return await withQmp(disk.daemon.qmpSocket, (qmp) => activate(qmp, disk, description, state, access))
  })
}

/**
 * Ends the disk's jobs, flushes, and closes the image; it is no error where the disk is not activated or its daemon died.
 * @param patience milliseconds that the daemon has for each answer, if less than usual
 * @throws QmpError where what was written cannot be flushed
 */
export function deactivateDisk(disk: Disk, patience?: number): Promise<void> {
  return withDaemonLock(disk.daemon, async () => {
    const state = readState(disk.daemon, disk.id)
    if (state === undefined || state.phase === 'attached') return
    const { phase } = state
    await withRunning(
      disk.daemon,
      (qmp) => (phase === 'active' ? deactivate(qmp, disk, state) : takeApart(qmp, disk)),
      patience,
    )
  })
}

/**
 * Takes everything of the disk away, in whatever state it is; it is no error where there is nothing. A daemon that
 * cannot let go of it, because its storage does not answer, is ended by force, unless it still serves other disks.
 * @param silent whether the storage is known not to answer
 */
export function detachDisk(disk: Disk, silent = false): Promise<void> {
  const { daemon } = disk
  const isAlone = (): boolean => diskIds(daemon).every((id) => id === disk.id)
  return withDaemonLock(daemon, async () => {
    try {
      if (silent && isAlone()) await abandon(daemon)
      else await withRunning(daemon, (qmp) => takeApart(qmp, disk), DETACH_PATIENCE)
    } catch (error) {
      // One that does not answer serves nobody.
      if (!isAlone() && !(error instanceof QmpConnectionError)) throw error
      await abandon(daemon)
    }
    await stopUnused(daemon)
  })
}

async function activate(
  qmp: Qmp,
  disk: Disk,
  description: DiskDescription,
  state: DiskState,
  access: Access,
): Promise<boolean> {
  const { daemon, id } = disk
  if (state.phase === 'active') await deactivate(qmp, disk, state)
  const idle = { ...state, phase: 'attached', nodes: undefined } as const
  const { size } = idle
  writeState(daemon, id, { ...idle, phase: 'changing' })
  const scratch = join(diskDirectory(daemon, id), 'scratch')
  const moving = moveToImage(qmp, id, description, access, size, scratch)
  // While the daemon opens it: a file on a server is far away.
  const isSaid = !opensAtActivation(description.protocol) || says(description, size)
  let nodes: readonly string[]
  try {
    nodes = await moving
  } catch (error) {
    writeState(daemon, id, idle)
    throw error
  }
  const isSame = isSaid || (await sizeOf(qmp, nodeNames(id).format)) === size
  writeState(daemon, id, { ...idle, phase: 'active', access, nodes })
  return isSame
}

/** Whether the image file says the size; of one that cannot be read the daemon knows more. */
function says(description: DiskDescription, size: Int64): boolean {
  try {
    return saysSize(description, size)
  } catch {
    return false
  }
}

async function deactivate(qmp: Qmp, disk: Disk, state: DiskState): Promise<void> {
  const { daemon, id } = disk
  const [present] = await Promise.all([state.nodes ?? nodesOf(qmp, id), endJobs(qmp, id)])
  await moveToIdle(qmp, id, state.opensAtActivation, present)
  writeState(daemon, id, { ...state, phase: 'attached', nodes: undefined })
}
