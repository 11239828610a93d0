/**
 * What a disk is → the block nodes of qemu-storage-daemon that make it: pure functions.
 *
 * The graph of a disk, from the bytes up:
 *
 * ```
 *   protocol ── format ──────────────────────────── image ─┐
 *                  └─ backing of ── overlay ─────── image ─┤ one of them at a time
 *                                   (guard) overlay image ─┤
 *   null-co ── blkdebug (every request fails) ────── idle ─┘── top (throttle) ── exports
 * ```
 *
 * Exports stand on `top` from attach to detach, and `top` stands on `idle` while the disk is not activated: no byte of
 * the image is cached or locked then, so that another host may write it until the very moment of activation, and the
 * export's name, the block device and its size stay the same all the time. Activating opens the format and moves `top`
 * onto it; deactivating moves it back, which flushes, and closes the format.
 */
import type { Int64 } from '../../contract/json.ts'
import { IMAGE_FORMATS } from '../image-format.ts'
import { type Access, CACHE_MODES, type DiskDescription, exportIsReadOnly, imageIsReadOnly } from './description.ts'
import type { QmpObject } from './qmp.ts'

/** The names of the nodes and objects of a disk; QEMU allows 31 bytes. */
export function nodeNames(id: string) {
  return {
    limits: `${id}-limits`,
    protocol: `${id}-file`,
    format: `${id}-format`,
    overlayFile: `${id}-ofile`,
    overlay: `${id}-overlay`,
    guard: `${id}-guard`,
    /** Of disks that an earlier version has attached. */
    zero: `${id}-zero`,
    idle: `${id}-idle`,
    top: `${id}-top`,
    secret: (option: string): string => `${id}-${option}`,
  }
}

/** The node that `top` stands on while the disk is activated. */
export function imageNode(id: string, description: DiskDescription, access: Access): string {
  const names = nodeNames(id)
  if (needsGuard(description, access)) return names.guard
  return description.overlay === undefined ? names.format : names.overlay
}

/**
 * Whether changes have to be refused below exports that promise to take them: of a disk that was attached for writing
 * and is activated for reading only. Nodes above the image demand to write then, and QEMU lets them do so only where
 * something takes the writes: an overlay, which the guard keeps empty.
 */
export function needsGuard(description: DiskDescription, access: Access): boolean {
  return access === 'read-only' && !exportIsReadOnly(description)
}

/** object-add of each secret. */
export function secretObjects(id: string, description: DiskDescription): readonly QmpObject[] {
  return (description.secrets ?? []).map(({ option, ...data }) => ({
    'qom-type': 'secret',
    id: nodeNames(id).secret(option),
    ...data,
  }))
}

/** object-add of the throttle group: without limits it lets everything pass. */
export function limitsObject(id: string, description: DiskDescription): QmpObject {
  return { 'qom-type': 'throttle-group', id: nodeNames(id).limits, limits: description.limits ?? {} }
}

/** blockdev-add of the protocol node. */
export function protocolNode(id: string, description: DiskDescription, access: Access): QmpObject {
  const names = nodeNames(id)
  const secrets = (description.secrets ?? []).map(({ option }) => [option, names.secret(option)])
  return {
    ...description.protocol,
    ...Object.fromEntries(secrets),
    ...common(names.protocol, description, imageIsReadOnly(description) || access === 'read-only'),
  }
}

/** The same node for a look at the image that disturbs nobody who has it open, on this host or another. */
export function forProbe(node: QmpObject): QmpObject {
  return { ...node, 'read-only': true, 'force-share': true }
}

/** blockdev-add of the format node, on the protocol node. */
export function formatNode(id: string, description: DiskDescription, access: Access): QmpObject {
  const names = nodeNames(id)
  const readOnly = imageIsReadOnly(description) || access === 'read-only'
  return {
    driver: IMAGE_FORMATS[description.format].driver,
    ...description.part,
    ...common(names.format, description, readOnly),
    ...(readOnly ? {} : { 'detect-zeroes': description.detectZeroes }),
    file: names.protocol,
    ...(description.backing === undefined ? {} : { backing: belowName(id, 0) }),
  }
}

/** The name of a node below the image; the topmost has number 0. */
export function belowName(id: string, number: number | ''): string {
  return `${id}-below${number}`
}

/** blockdev-add of what the image stands on, the lowest first: only by its name is a node taken for the one in a header. */
export function belowNodes(id: string, { backing = [], discard }: DiskDescription): readonly QmpObject[] {
  return backing
    .map(({ driver, file }, number) => ({
      driver,
      'node-name': belowName(id, number),
      'read-only': true,
      discard,
      file: { ...file, 'read-only': true },
      ...(driver === 'qcow2' ? { backing: number + 1 < backing.length ? belowName(id, number + 1) : null } : {}),
    }))
    .reverse()
}

/** blockdev-add of the overlay in a file, and of its file, on the format node. */
export function overlayNodes(id: string, description: DiskDescription, path: string): readonly QmpObject[] {
  const names = nodeNames(id)
  return [
    { driver: 'file', filename: path, ...common(names.overlayFile, description, false) },
    {
      driver: 'qcow2',
      ...common(names.overlay, description, false),
      'detect-zeroes': description.detectZeroes,
      file: names.overlayFile,
      backing: names.format,
    },
  ]
}

/** Requests that change an image, and those that do not. */
const CHANGES = ['write', 'write-zeroes', 'discard']
const EPERM = 1

/** blockdev-add of the node that refuses every change of what is below it. */
export function guardNode(id: string): QmpObject {
  const names = nodeNames(id)
  return failing(names.guard, names.overlay, CHANGES, EPERM)
}

/** blockdev-add of what stands in for the image of a disk that is not activated: of its size, and all I/O fails. */
export function idleNode(id: string, size: Int64): QmpObject {
  // By itself it reads as what is in memory, not as zeroes: an NBD server does not read what it knows to be zero, so that
  // reads would not fail.
  const image = { driver: 'null-co', size }
  // Were only reads to fail, an NBD server would end the connection instead of answering with the error.
  return failing(nodeNames(id).idle, image, ['read', 'block-status', ...CHANGES])
}

/** blockdev-add, or blockdev-reopen, of the top node on another one. */
export function topNode(id: string, below: string): QmpObject {
  const names = nodeNames(id)
  // Whether a discard frees anything is up to the image: a node drops what it is not told to pass on.
  return { driver: 'throttle', 'node-name': names.top, 'throttle-group': names.limits, file: below, discard: 'unmap' }
}

/** blkdebug never fails a flush here: moving the node away from it flushes. Unless told otherwise it fails with EIO. */
function failing(name: string, image: string | QmpObject, requests: readonly string[], errno?: number): QmpObject {
  const error = errno === undefined ? {} : { errno }
  return {
    driver: 'blkdebug',
    'node-name': name,
    image,
    'inject-error': requests.map((iotype) => ({ event: 'none', iotype, ...error })),
  }
}

function common(name: string, description: DiskDescription, readOnly: boolean): QmpObject {
  const { direct, noFlush } = CACHE_MODES[description.cache]
  return {
    'node-name': name,
    'read-only': readOnly,
    discard: description.discard,
    cache: { direct, 'no-flush': noFlush },
  }
}
