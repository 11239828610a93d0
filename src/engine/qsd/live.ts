/**
 * Changes of the image below a disk that is activated for writing, as a volume plugin makes them: its guest goes on. All
 * are called with the daemon's lock held, see `withWriter`.
 */
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Int64 } from '../../contract/json.ts'
import { lastLetsGo, runningPid } from './daemon.ts'
import { withDaemonLock } from './daemon-lock.ts'
import { isUp, resizeFront } from './datapath-front.ts'
import type { Disk } from './disk.ts'
import { readState, writeState } from './disk-state.ts'
import { refreshSize } from './exports.ts'
import { describedNodes, liveName, liveNumbers, nodesOf, removeUnusedLiveNodes } from './live-nodes.ts'
import { nodeNames } from './nodes.ts'
import { isObject, type Qmp, withQmp } from './qmp.ts'
import { removeBitmap, removeNode } from './undo.ts'

/** A disk that is activated for writing, and the daemon that writes it. */
export interface Writer {
  readonly disk: Disk
  readonly qmp: Qmp
  /** The node that takes the writes. */
  readonly node: string
}

/**
 * Runs a body while nothing of a disk can be activated or deactivated.
 * @param body gets the writer; undefined where nobody here writes to the image
 */
export function withWriter<T>(disk: Disk, body: (writer: Writer | undefined) => T | Promise<T>): Promise<T> {
  return withDaemonLock(disk.daemon, async () => {
    const state = readState(disk.daemon, disk.id)
    const writes = state?.phase === 'active' && state.access === 'read-write' && !state.readOnly
    if (!writes) return await body(undefined)
    if (runningPid(disk.daemon) === undefined) {
      await lastLetsGo(disk.daemon)
      return await body(undefined)
    }
    return await withQmp(disk.daemon.qmpSocket, async (qmp) => {
      await removeUnusedLiveNodes(qmp, disk.id)
      const node = await writtenNode(qmp, disk.id)
      return await body(node === undefined ? undefined : { disk, qmp, node })
    })
  })
}

/**
 * Whether the daemon has a file open, whatever its name is now. It does not have the image of a volume that a call was
 * killed over before it could let the disk go on in it.
 */
export function hasOpen({ disk: { daemon } }: Writer, path: string): boolean {
  const pid = runningPid(daemon)
  const file = statSync(path)
  const directory = `/proc/${pid}/fd`
  return readdirSync(directory).some((descriptor) => {
    // Closed meanwhile, or no file.
    const open = statSync(join(directory, descriptor), { throwIfNoEntry: false })
    return open !== undefined && open.ino === file.ino && open.dev === file.dev
  })
}

/**
 * Lets the disk go on in another image, an empty overlay in whose header the present one is the backing file. The
 * present one is flushed and never written again; its bitmaps are stored.
 * @param path of the overlay
 */
export async function continueIn({ disk, qmp, node }: Writer, path: string): Promise<Writer> {
  const { daemon, id } = disk
  const state = readState(daemon, id)
  // Who deactivates the disk has to ask for its nodes from now on.
  if (state?.nodes !== undefined) writeState(daemon, id, { ...state, nodes: undefined })
  const number = (await liveNumbers(qmp, id)).length + 1
  const overlay = liveName(id, number)
  const file = `${overlay}-file`
  const { cache, detectZeroes } = await settingsOf(qmp, node)
  const common = { 'read-only': false, discard: 'unmap', cache }
  try {
    await qmp.execute('blockdev-add', { driver: 'file', 'node-name': file, filename: path, ...common })
    await qmp.execute('blockdev-add', {
      driver: 'qcow2',
      'node-name': overlay,
      file,
      backing: null,
      'detect-zeroes': detectZeroes,
      ...common,
    })
    await qmp.execute('blockdev-snapshot', { node, overlay })
    return { disk, qmp, node: overlay }
  } catch (error) {
    await removeNode(qmp, overlay)
    await removeNode(qmp, file)
    throw error
  }
}

/** Makes the disk larger, image and exports, unless it is as large already and its exports show it. */
export async function growLive({ disk, qmp }: Writer, size: Int64): Promise<void> {
  const state = readState(disk.daemon, disk.id)
  if (state === undefined) throw new Error('the disk was detached although its daemon was locked')
  if (state.size === size) return
  await refreshSize(qmp, disk, state, size)
  writeState(disk.daemon, disk.id, { ...state, size })
}

/** Shows the new size at the block device; without the daemon's lock. */
export async function growFront(front: Disk, size: Int64): Promise<void> {
  if (isUp(front) && readState(front.daemon, front.id)?.size !== size) await resizeFront(front, size)
}

/** Begins to record changes. */
export async function addLiveBitmap({ qmp, node }: Writer, name: string, granularity: number): Promise<void> {
  await qmp.execute('block-dirty-bitmap-add', { node, name, granularity, persistent: true })
}

/** Ends it; it is no error where there is no such bitmap. */
export async function removeLiveBitmap({ qmp, node }: Writer, name: string): Promise<void> {
  await removeBitmap(qmp, node, name)
}

/**
 * Stores what a bitmap has recorded so far in an empty image of the same size, whose name is given.
 * @throws QmpError where there is no such bitmap, or it cannot be relied on
 */
export async function saveLiveBitmap(writer: Writer, name: string, granularity: number, path: string): Promise<void> {
  const { qmp, node, disk } = writer
  const copy = `${disk.id}-bitmap`
  try {
    await qmp.execute('blockdev-add', { driver: 'qcow2', 'node-name': copy, file: { driver: 'file', filename: path } })
    await qmp.execute('block-dirty-bitmap-add', { node: copy, name, granularity, persistent: true, disabled: true })
    await qmp.execute('block-dirty-bitmap-merge', { node: copy, target: name, bitmaps: [{ node, name }] })
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    await removeNode(qmp, copy)
  }
}

async function writtenNode(qmp: Qmp, id: string): Promise<string | undefined> {
  const names = nodeNames(id)
  const all = await nodesOf(qmp, id)
  // An overlay takes the writes of a disk that is used without being changed.
  if (all.includes(names.overlay) || !all.includes(names.format)) return undefined
  const last = (await liveNumbers(qmp, id)).at(-1)
  return last === undefined ? names.format : liveName(id, last)
}

async function settingsOf(qmp: Qmp, name: string): Promise<{ cache: object; detectZeroes: unknown }> {
  const node = (await describedNodes(qmp)).find((described) => described['node-name'] === name)
  const cache = isObject(node?.cache) ? node.cache : {}
  return {
    cache: { direct: cache.direct === true, 'no-flush': cache['no-flush'] === true },
    detectZeroes: node?.detect_zeroes ?? 'off',
  }
}
