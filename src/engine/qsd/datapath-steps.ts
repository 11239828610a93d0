/** The steps of the life cycle of a disk in a daemon, whatever the domains: see datapath.ts for who takes them when. */
import { type DiskOptions, readOptions } from '../disk-options.ts'
import { type ParsedUri, parseDiskUri } from '../disk-uri.ts'
import { reachServer } from '../server.ts'
import { ensureRunning } from './daemon.ts'
import { holdingDaemon } from './daemon-lock.ts'
import { cutOperations, detachTargets, endOperations, recordedOperations } from './data-operations.ts'
import {
  attachFront,
  canMakeBlockDevices,
  FlushError,
  flushBlockDevice,
  frontOf,
  isUp,
  resizeFront,
} from './datapath-front.ts'
import { endImportServer } from './datapath-import.ts'
import { type DomainState, shown } from './datapath-record.ts'
import { overlayInUse, type Scratch, scratchOf } from './datapath-scratch.ts'
import { type DiskDescription, exportIsReadOnly, opensAtActivation } from './description.ts'
import { activateDisk, attachDisk, type Disk, deactivateDisk, detachDisk, diskOf } from './disk.ts'
import { refreshDisk } from './disk-size.ts'
import { type ExportKind, readState } from './disk-state.ts'
import type { DiskAddress } from './exports.ts'
import { dropConnection, keepConnection, together } from './qmp.ts'
import { QmpError } from './qmp-error.ts'
import type { SchemeDriver } from './scheme-driver.ts'

/** The disk of a call, and what makes its block device where it cannot do so itself. */
export interface Place {
  readonly uri: ParsedUri
  readonly disk: Disk
  readonly front: Disk
}

/** What a place holds. */
export interface Content {
  readonly description: DiskDescription
  readonly exports: readonly ExportKind[]
  /** Whether the block device is made by the front. */
  readonly fronted: boolean
}

/** The daemon cannot open an image: it is not there, of another format, in use, or its server refuses. */
export class DiskOpenError extends Error {
  override readonly name = 'DiskOpenError'

  constructor(uri: ParsedUri, cause: QmpError) {
    super(`cannot open ${shown(uri)}: ${cause.description}`, { cause })
  }
}

/** Opens the image, attaching the disk anew where a daemon has died. */
export async function activate(driver: SchemeDriver, place: Place, state: DomainState): Promise<void> {
  const { disk, front } = place
  await holding(driver, place, optionsOf(driver, place.uri), async (content) => {
    const { description, exports, fronted } = content
    const access = state === 'activated' ? 'read-write' : 'read-only'
    const open = () => naming(place, () => activateDisk(disk, description, exports, access))
    if (!isUp(disk) || (fronted && !isUp(front))) await build(place, content)
    // Of one that is not activated the activation itself finds out, without a look of its own.
    else if (readState(disk.daemon, disk.id)?.phase === 'active' && opensAtActivation(description.protocol)) {
      await refresh(place, content)
    }
    if (await open()) return
    await deactivateDisk(disk)
    await refresh(place, content)
    await open()
  })
}

/** @throws DiskOpenError in place of what the daemon says, which does not know a disk by its URI */
async function naming<T>({ uri }: Place, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof QmpError) throw new DiskOpenError(uri, error)
    throw error
  }
}

/** Makes the disk reachable. */
export async function attach(
  driver: SchemeDriver,
  place: Place,
  options: DiskOptions,
): Promise<{ readonly content: Content; readonly address: DiskAddress }> {
  const body = async (content: Content) => ({ content, address: await build(place, content) })
  return await holding(driver, place, options, body, () => ensureRunning(place.disk.daemon))
}

async function build(place: Place, content: Content): Promise<DiskAddress> {
  const { disk, front } = place
  const { description, exports, fronted } = content
  const { qmpSocket } = front.daemon
  // While the image is opened. Who attaches the front learns of a failure.
  const starting = fronted
    ? ensureRunning(front.daemon).then(
        () => keepConnection(qmpSocket),
        () => {},
      )
    : undefined
  try {
    if (isUp(disk)) await refresh(place, content)
    const address = await naming(place, () => attachDisk(disk, description, exports))
    if (!fronted || address.nbd === undefined) return address
    await starting
    return { ...address, ...(await attachFront(front, address.nbd, address.size)) }
  } finally {
    await starting
    dropConnection(qmpSocket)
  }
}

/**
 * Runs a body with what the URI stands for now, and its daemon held: the lock is taken while the storage is asked.
 * @param start what is begun with as soon as the lock is taken
 */
async function holding<T>(
  driver: SchemeDriver,
  place: Place,
  options: DiskOptions,
  body: (content: Content) => Promise<T>,
  start?: () => Promise<void>,
): Promise<T> {
  const content = prepare(driver, place, options).then(() => contentOf(driver, place, options))
  const first = content.then(() => {})
  return await holdingDaemon(place.disk.daemon, async () => body(await content), { first, ...(start && { start }) })
}

/** Shows where the volume has grown. */
async function refresh({ disk, front }: Place, { description, exports, fronted }: Content): Promise<void> {
  const size = await refreshDisk(disk, description, exports)
  if (size !== undefined && fronted) await resizeFront(front, size)
}

/**
 * Brings what was written to the storage, and to the target of a mirror, and closes the image.
 * @param patience milliseconds that the daemon has for each answer, if less than usual
 */
export async function deactivate({ disk, front }: Place, patience?: number): Promise<void> {
  const state = readState(disk.daemon, disk.id)
  // What a dead daemon did not write is lost.
  const isWritten = state?.phase === 'active' && !state.readOnly && isUp(disk)
  const flushed = isWritten ? flushFront(disk, front) : Promise.resolve()
  const close = async (): Promise<void> => {
    await endOperations(disk)
    await deactivateDisk(disk, patience)
    await detachTargets(disk)
  }
  if (recordedOperations(disk).length === 0) return await holdingDaemon(disk.daemon, close, { first: flushed })
  // Their targets may let one wait.
  await flushed
  await close()
}

/** Flushes the block device, without its mirrors where one of them is what does not answer. */
async function flushFront(disk: Disk, front: Disk): Promise<void> {
  try {
    await flushBlockDevice(front)
  } catch (error) {
    if (!(error instanceof FlushError && error.silent && (await cutOperations(disk)))) throw error
    await flushBlockDevice(front)
  }
}

/**
 * Takes everything of a disk away that no domain needs.
 * @param silent whether its storage is known to answer nothing
 */
export async function leave(driver: SchemeDriver, place: Place, silent = false): Promise<void> {
  try {
    await remove(place, silent)
  } finally {
    await driver.release?.(place.uri)
  }
}

/** Takes everything of a disk away. */
export async function remove({ disk, front }: Place, silent = false): Promise<void> {
  await endImportServer(disk.id)
  try {
    await detachDisk(front, silent)
  } finally {
    await endOperations(disk)
    await detachDisk(disk, silent)
    await detachTargets(disk)
  }
}

/** Asks the server of a disk whether it is there; undefined where there is none to ask. */
export function reachOf(driver: SchemeDriver, { uri }: Place): (() => Promise<void>) | undefined {
  if (driver.reach !== undefined) return async () => driver.reach?.(uri, optionsOf(driver, uri))
  const server = driver.server?.(uri)
  return server === undefined ? undefined : () => reachServer(server)
}

/** Makes the storage of a disk ready to be described. */
async function prepare(driver: SchemeDriver, { uri, disk }: Place, options: DiskOptions): Promise<void> {
  const server = driver.server?.(uri)
  const isAsked = server !== undefined && readState(disk.daemon, disk.id) === undefined
  // Both are waited for, whatever happens to one: what is still starting could not be undone.
  await together([Promise.resolve(driver.start?.(uri, options)), isAsked ? reachServer(server) : Promise.resolve()])
  await driver.prepare?.(uri, options)
}

/** What a URI stands for now. */
async function contentOf(driver: SchemeDriver, { uri, disk }: Place, options: DiskOptions): Promise<Content> {
  const overlay = overlayInUse(scratchOf(disk.id, options.scratch))
  const described = await driver.describe(uri, options)
  const description = overlay === undefined ? described : { ...described, overlay }
  const block = canMakeBlockDevices()
  const readOnly = exportIsReadOnly(description)
  const exports: ExportKind[] = block && readOnly ? ['nbd', 'block'] : ['nbd']
  return { description, exports, fronted: block && !readOnly }
}

export function placeOf(driver: SchemeDriver, text: string): Place {
  const uri = parseDiskUri(text)
  return { uri, disk: diskAt(driver, uri), front: frontOf(driver.group(uri), text) }
}

export function diskAt(driver: SchemeDriver, uri: ParsedUri): Disk {
  return diskOf(driver.group(uri), uri.text)
}

export function scratchAt(driver: SchemeDriver, { uri, disk }: Place): Scratch {
  return scratchOf(disk.id, optionsOf(driver, uri).scratch)
}

export function optionsOf(driver: SchemeDriver, uri: ParsedUri): DiskOptions {
  return readOptions(uri, driver.options, driver.unknownOptions)
}
