/**
 * Disks in a qemu-storage-daemon: attach, activate, deactivate, detach, resize. Each is repeatable, may be called in any
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
import { abandon, type Daemon, daemonOf, diskIds, ensureRunning, stop, withDaemonLock, withRunning } from './daemon.ts'
import { type DiskState, diskDirectory, type ExportKind, readState, removeState, writeState } from './disk-state.ts'
import { addExports, addressOf, checkExports, type DiskAddress, refreshSize, removeExports } from './exports.ts'
import { buildGraph, buildStraightGraph, moveToIdle, moveToImage, removeGraph } from './graph.ts'
import { endJobs } from './jobs.ts'
import { nodesOf } from './live-nodes.ts'
import { imageSize, isLeftBehind } from './look.ts'
import {
  type Access,
  CACHE_MODES,
  type DiskDescription,
  exportIsReadOnly,
  imageIsReadOnly,
  opensAtActivation,
} from './nodes.ts'
import { type Qmp, QmpConnectionError, withQmp } from './qmp.ts'
import { canSaySize, saysSize } from './size-in-file.ts'

/** Milliseconds for a daemon to take a connection, and for each answer, before it is taken for stuck. */
const DETACH_PATIENCE = 10_000

/** A disk: its daemon and its name there. */
export interface Disk {
  readonly daemon: Daemon
  readonly id: string
}

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
  return withDaemonLock(disk.daemon, async () => addressOf(disk, await attach(disk, description, exports, straight)))
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
    const state = await attach(disk, description, exports)
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

/**
 * Makes an activated disk larger, or shows that its volume has become so, while it is in use. Clients of an NBD export
 * lose their connection: NBD tells a size only at its beginning.
 * @throws Error where the disk is not activated for writing; QmpError where the format cannot be resized
 */
export function resizeDisk(disk: Disk, size: Int64): Promise<void> {
  return withDaemonLock(disk.daemon, async () => {
    const resized = await withRunning(disk.daemon, async (qmp) => {
      const state = readState(disk.daemon, disk.id)
      if (state?.phase !== 'active' || state.access !== 'read-write') return false
      await refreshSize(qmp, disk, state, size)
      writeState(disk.daemon, disk.id, { ...state, size })
      return true
    })
    if (!resized) throw new Error('a disk can be resized in use only while it is activated for writing')
  })
}

/**
 * Shows the size that the image of an attached disk has now: of one that is activated for writing, where its volume has
 * grown, and of one that is not activated and has no block device, whose name could change. It is no error where the
 * disk is not attached.
 * @returns bytes; undefined where nothing has changed
 */
export function refreshDisk(
  disk: Disk,
  description: DiskDescription,
  exports: readonly ExportKind[],
): Promise<Int64 | undefined> {
  const { daemon, id } = disk
  return withDaemonLock(daemon, async () => {
    const known = readState(daemon, id)
    if (known === undefined || saysSize(description, known.size)) return undefined
    return await withRunning(daemon, async (qmp) => {
      const state = readState(daemon, id)
      if (state === undefined || !canChangeSize(description, state)) return undefined
      const size = await imageSize(qmp, id, description, daemon.nbdSocket)
      if (size === state.size || (state.phase === 'active' && size < state.size)) return undefined
      if (state.phase === 'active') {
        await refreshSize(qmp, disk, state, size)
        writeState(daemon, id, { ...state, size })
      } else {
        await takeApart(qmp, disk)
        await build(qmp, disk, description, stateOf(description, exports))
      }
      return size
    })
  })
}

/**
 * Inside a format other than raw the size is changed only by who has the image open: a file that says another one has been
 * made larger by a call that was killed before it could show that.
 */
function canChangeSize(description: DiskDescription, state: DiskState): boolean {
  if (state.phase === 'attached') return !state.exports.includes('block')
  const isTold = description.format === 'raw' || canSaySize(description)
  return state.access === 'read-write' && isTold && !imageIsReadOnly(description)
}

async function attach(
  disk: Disk,
  description: DiskDescription,
  exports: readonly ExportKind[],
  straight?: Int64,
): Promise<DiskState> {
  const { daemon, id } = disk
  const state = stateOf(description, exports)
  checkExports(state)
  await ensureRunning(daemon)
  const known = readState(daemon, id)
  if (known !== undefined && known.phase !== 'changing') return known
  try {
    return await withQmp(daemon.qmpSocket, async (qmp) => {
      const again = () => build(qmp, disk, description, state, straight)
      if (known !== undefined) {
        await takeApart(qmp, disk)
        return await again()
      }
      try {
        return await again()
      } catch (error) {
        // The record of a disk that the daemon has was lost; what there was of it has been taken apart by now.
        if (!isLeftBehind(error)) throw error
        return await again()
      }
    })
  } catch (error) {
    await stopUnused(daemon)
    throw error
  }
}

/** The state of a disk that is being attached. */
function stateOf(description: DiskDescription, exports: readonly ExportKind[]): DiskState {
  return {
    phase: 'changing',
    access: 'read-write',
    exports,
    opensAtActivation: opensAtActivation(description.protocol),
    readOnly: exportIsReadOnly(description),
    writethrough: CACHE_MODES[description.cache].writethrough,
    size: 0,
  }
}

/** Builds a disk of which nothing is there, or nothing. */
async function build(
  qmp: Qmp,
  disk: Disk,
  description: DiskDescription,
  state: DiskState,
  straight?: Int64,
): Promise<DiskState> {
  const { daemon, id } = disk
  writeState(daemon, id, state)
  try {
    const expose = () => addExports(qmp, disk, state)
    const size = straight ?? (await buildGraph(qmp, id, description, daemon.nbdSocket, expose))
    if (straight !== undefined) await buildStraightGraph(qmp, id, description, expose)
    return writeState(daemon, id, { ...state, phase: straight === undefined ? 'attached' : 'active', size })
  } catch (error) {
    await takeApart(qmp, disk)
    throw error
  }
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
  let { size } = state
  const isToBeSeen = opensAtActivation(description.protocol) && !saysSize(description, size)
  writeState(daemon, id, { ...state, phase: 'changing' })
  const scratch = join(diskDirectory(daemon, id), 'scratch')
  try {
    await moveToImage(
      qmp,
      id,
      description,
      access,
      size,
      scratch,
      isToBeSeen
        ? (seen) => {
            size = seen
          }
        : undefined,
    )
  } catch (error) {
    writeState(daemon, id, { ...state, phase: 'attached' })
    throw error
  }
  writeState(daemon, id, { ...state, phase: 'active', access })
  return size === state.size
}

async function deactivate(qmp: Qmp, disk: Disk, state: DiskState): Promise<void> {
  const { daemon, id } = disk
  const [present] = await Promise.all([nodesOf(qmp, id), endJobs(qmp, id)])
  await moveToIdle(qmp, id, state.opensAtActivation, present)
  writeState(daemon, id, { ...state, phase: 'attached' })
}

async function takeApart(qmp: Qmp, disk: Disk): Promise<void> {
  const [nodes] = await Promise.all([nodesOf(qmp, disk.id), endJobs(qmp, disk.id)])
  await removeExports(qmp, disk, nodes)
  await removeGraph(qmp, disk.id, nodes)
  removeState(disk.daemon, disk.id)
}

async function stopUnused(daemon: Daemon): Promise<void> {
  if (diskIds(daemon).length === 0) await stop(daemon)
}
