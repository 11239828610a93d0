/** How the outside reaches a disk: an NBD export, or a FUSE export with a loop device on it. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Int64 } from '../../contract/json.ts'
import { createMountpoint, detachLoopsOver, loopOver, makeLoop, refreshLoopsOver } from './block-device.ts'
import type { Daemon } from './daemon.ts'
import { type DiskState, diskDirectory, type ExportKind, mountFile } from './disk-state.ts'
import { resizeIdle } from './graph.ts'
import { nodeNames } from './nodes.ts'
import type { Qmp, QmpObject } from './qmp.ts'
import { removeExport } from './undo.ts'

interface Place {
  readonly daemon: Daemon
  readonly id: string
}

/** Where an attached disk is. */
export interface DiskAddress {
  /** Bytes. */
  readonly size: Int64
  /** Socket and export name of the NBD server. */
  readonly nbd?: { readonly socket: string; readonly exportName: string }
  /** Such as /dev/loop0. */
  readonly blockDevice?: string
  /** Whether its requests go through the page cache, since the kernel could not be told to give one at a time. */
  readonly pageCache?: boolean
}

/** A disk was to be writable over NBD and as a block device at once. */
export class ExportConflictError extends Error {
  override readonly name = 'ExportConflictError'

  constructor() {
    super('a writable disk is exported over NBD or as a block device, not both: qemu-storage-daemon refuses it')
  }
}

/**
 * Whether the exports are possible together: a FUSE export that can write demands to be able to resize, and an NBD
 * export that nobody does. To have both, attach a second disk whose protocol is `nbd` on the export of the first.
 * @throws ExportConflictError
 */
export function checkExports({ exports, readOnly }: DiskState): void {
  const wanted: ReadonlySet<ExportKind> = new Set(exports)
  if (wanted.size > 1 && !readOnly) throw new ExportConflictError()
}

/** @returns the loop device, such as /dev/loop0, where there is one */
export async function addExports(qmp: Qmp, place: Place, state: DiskState): Promise<string | undefined> {
  if (state.exports.includes('nbd')) await addNbdExport(qmp, place.id, state)
  return state.exports.includes('block') ? await addBlockDevice(qmp, place, state) : undefined
}

/** The address of a disk that is attached; a loop device that somebody took away is made again. */
export function addressOf({ daemon, id }: Place, state: DiskState): DiskAddress {
  const { exports, readOnly, size } = state
  const loop = exports.includes('block') ? loopOver(mountFile(daemon, id), readOnly, state.loop) : undefined
  return {
    size,
    ...(exports.includes('nbd') ? { nbd: { socket: daemon.nbdSocket, exportName: id } } : {}),
    ...(loop === undefined ? {} : { blockDevice: loop.device }),
    ...(loop === undefined || loop.direct || readOnly ? {} : { pageCache: true }),
  }
}

/**
 * Takes the disk's exports away, the loop device first; clients lose their connection.
 * @param nodes of the disk, without which it has no exports
 */
export async function removeExports(qmp: Qmp, { daemon, id }: Place, nodes: readonly string[]): Promise<void> {
  const file = mountFile(daemon, id)
  await detachLoopsOver(file)
  if (nodes.includes(nodeNames(id).top)) {
    await removeExport(qmp, fuseName(id))
    await removeExport(qmp, nbdName(id))
  }
  rmSync(file, { force: true })
}

/** Resizes the image of an activated disk and shows the new size at its exports. */
export async function refreshSize(qmp: Qmp, { daemon, id }: Place, state: DiskState, size: Int64): Promise<void> {
  const nbd = state.exports.includes('nbd')
  // QEMU resizes nothing that is exported over NBD.
  if (nbd) await removeExport(qmp, nbdName(id))
  try {
    await qmp.execute('block_resize', { 'node-name': nodeNames(id).top, size })
    await resizeIdle(qmp, id, size)
  } finally {
    if (nbd) await addNbdExport(qmp, id, state)
  }
  if (state.exports.includes('block')) await refreshLoopsOver(mountFile(daemon, id), Number(size))
}

async function addNbdExport(qmp: Qmp, id: string, state: DiskState): Promise<void> {
  await qmp.execute('block-export-add', { type: 'nbd', id: nbdName(id), name: id, ...exported(id, state) })
}

async function addBlockDevice(qmp: Qmp, { daemon, id }: Place, state: DiskState): Promise<string> {
  const file = mountFile(daemon, id)
  createMountpoint(file)
  const mount = () =>
    qmp.execute('block-export-add', { type: 'fuse', id: fuseName(id), mountpoint: file, ...exported(id, state) })
  return (await makeLoop(file, state.readOnly, mount, join(diskDirectory(daemon, id), 'loop'))).device
}

/** What is exported, and how, whatever the kind of the export. */
function exported(id: string, { readOnly, writethrough }: DiskState): QmpObject {
  return {
    'node-name': nodeNames(id).top,
    ...(readOnly ? {} : { writable: true }),
    ...(writethrough ? { writethrough } : {}),
  }
}

function nbdName(id: string): string {
  return `${id}-nbd`
}

function fuseName(id: string): string {
  return `${id}-fuse`
}
