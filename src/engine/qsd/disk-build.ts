/** What a daemon has of a disk from attach to detach: made, and taken apart in whatever state it is. */
import type { Int64 } from '../../contract/json.ts'
import { type Daemon, diskIds, ensureRunning, runningPid, stop } from './daemon.ts'
import { CACHE_MODES, type DiskDescription, exportIsReadOnly, opensAtActivation } from './description.ts'
import { type Disk, type DiskState, type ExportKind, readState, removeState, writeState } from './disk-state.ts'
import { addExports, checkExports, removeExports } from './exports.ts'
import { buildGraph, buildStraightGraph, removeGraph } from './graph.ts'
import { endJobs } from './jobs.ts'
import { nodesOf } from './live-nodes.ts'
import { isLeftBehind } from './look.ts'
import { type Qmp, withQmp } from './qmp.ts'
import { QmpConnectionError } from './qmp-error.ts'

/**
 * Attaches a disk that is not; the state that it has then. Called with the daemon's lock held. Where the daemon dies over it, as
 * QEMU 7.2 has done once in thousands of starts, another one is started, once.
 */
export async function ensureAttached(
  disk: Disk,
  description: DiskDescription,
  exports: readonly ExportKind[],
  straight?: Int64,
  lives = 2,
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
    const isDead = error instanceof QmpConnectionError && runningPid(daemon) === undefined
    await stopUnused(daemon)
    if (!isDead || lives === 1) throw error
    return await ensureAttached(disk, description, exports, straight, lives - 1)
  }
}

/** The state of a disk that is being attached. */
export function stateOf(description: DiskDescription, exports: readonly ExportKind[]): DiskState {
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
export async function build(
  qmp: Qmp,
  disk: Disk,
  description: DiskDescription,
  state: DiskState,
  straight?: Int64,
): Promise<DiskState> {
  const { daemon, id } = disk
  writeState(daemon, id, state)
  try {
    let loop: string | undefined
    const expose = async () => {
      loop = await addExports(qmp, disk, state)
    }
    const size = straight ?? (await buildGraph(qmp, id, description, daemon.nbdSocket, expose))
    if (straight !== undefined) await buildStraightGraph(qmp, id, description, expose)
    return writeState(daemon, id, { ...state, phase: straight === undefined ? 'attached' : 'active', size, loop })
  } catch (error) {
    await takeApart(qmp, disk)
    throw error
  }
}

/** Takes everything of a disk out of its daemon. */
export async function takeApart(qmp: Qmp, disk: Disk): Promise<void> {
  const [nodes] = await Promise.all([nodesOf(qmp, disk.id), endJobs(qmp, disk.id)])
  await removeExports(qmp, disk, nodes)
  await removeGraph(qmp, disk.id, nodes)
  removeState(disk.daemon, disk.id)
}

/** Stops a daemon that has no disks left. */
export async function stopUnused(daemon: Daemon): Promise<void> {
  if (diskIds(daemon).length === 0) await stop(daemon)
}
