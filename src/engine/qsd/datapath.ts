/**
 * The Datapath and Data classes of a scheme whose disks live in a qemu-storage-daemon: the life cycle of section 11 of
 * the SMAPIv3 script protocol, for any number of domains on one URI.
 *
 * A disk is attached with its first domain and detached with its last, activated with the first domain that activates
 * it and deactivated with the last that deactivates it.
 */
import type { ClassMethods } from '../../kit/index.ts'
import { type DiskOptions, type OwnOptions, readOptions } from '../disk-options.ts'
import { type ParsedUri, parseDiskUri } from '../disk-uri.ts'
import { blockDeviceObstacle } from '../engines.ts'
import { explain } from '../explanation.ts'
import { reachServer, type Server } from '../server.ts'
import { dataMethods } from './data.ts'
import { detachTargets, endOperations } from './data-operations.ts'
import { implementationsOf } from './datapath-answer.ts'
import {
  attachFront,
  canMakeBlockDevices,
  detachFront,
  flushBlockDevice,
  frontOf,
  isUp,
  resizeFront,
} from './datapath-front.ts'
import { endImportServer, startImportServer } from './datapath-import.ts'
import { type DomainState, type Domains, isRecorded, withRecord } from './datapath-record.ts'
import { beginScratch, endScratch, overlayInUse, type Scratch, scratchOf } from './datapath-scratch.ts'
import { activateDisk, attachDisk, type Disk, deactivateDisk, detachDisk, diskOf, refreshDisk } from './disk.ts'
import { type ExportKind, readState } from './disk-state.ts'
import type { DiskAddress } from './exports.ts'
import { type Access, type DiskDescription, exportIsReadOnly, opensAtActivation } from './nodes.ts'

/** What differs from scheme to scheme. */
export interface SchemeDriver {
  /** The options that only this scheme has; those of disk-options.ts every scheme has. None unless given. */
  readonly options?: OwnOptions
  /** What is done with other parameters of the query; `refused` unless given. */
  readonly unknownOptions?: 'refused' | 'passed on'
  /**
   * The daemon that disks of this URI share: scheme and server, such as `nfs:server`.
   * @throws DiskUriError
   */
  group(uri: ParsedUri): string
  /**
   * The image behind the URI: see describeDisk in disk-options.ts, and credentials.ts. Called by attach, activate and
   * each other method that may have to attach the disk anew; it must be quick and change nothing.
   * @throws DiskUriError for a URI that makes no sense
   */
  describe(uri: ParsedUri, options: DiskOptions): DiskDescription | Promise<DiskDescription>
  /** The server, which is asked whether it is there before the daemon is told to connect to it. */
  server?(uri: ParsedUri): Server | undefined
  /** What a disk needs before it is described, such as a mount; called by each attach and activate, so repeatable. */
  prepare?(uri: ParsedUri, options: DiskOptions): void | Promise<void>
  /** Undoes prepare, when no domain has the URI attached any more; repeatable. */
  release?(uri: ParsedUri): void | Promise<void>
}

/** A transition that the life cycle does not have. */
export class LifeCycleError extends Error {
  override readonly name = 'LifeCycleError'
}

/** The disk of a call, and what makes its block device where it cannot do so itself. */
interface Place {
  readonly uri: ParsedUri
  readonly disk: Disk
  readonly front: Disk
}

/** What a place holds. */
interface Content {
  readonly description: DiskDescription
  readonly exports: readonly ExportKind[]
  /** Whether the block device is made by the front. */
  readonly fronted: boolean
}

/** The Datapath and Data classes of a scheme, for definePlugin. */
export function qsdDatapath(driver: SchemeDriver): {
  readonly Datapath: ClassMethods<'Datapath'>
  readonly Data: ClassMethods<'Data'>
} {
  return { Datapath: datapathMethods(driver), Data: dataMethods((uri) => diskAt(driver, parseDiskUri(uri))) }
}

/** Whether a URI is attached here, or was opened for use without being changed. */
export function isInDaemon(driver: SchemeDriver, uri: string): boolean {
  const place = placeOf(driver, uri)
  return isRecorded(place.uri) || overlayInUse(scratchAt(driver, place)) !== undefined
}

function datapathMethods(driver: SchemeDriver): ClassMethods<'Datapath'> {
  const activateAs = (access: Access) => {
    return async ({ uri, domain }: { readonly uri: string; readonly domain: string }): Promise<null> => {
      const place = placeOf(driver, uri)
      return withRecord(place.uri, async (domains) => {
        const before = domains.get(domain) ?? (await adopted(place, domain))
        if (before === 'activated read-only' && access === 'read-write') {
          throw new LifeCycleError(`domain ${domain} has the disk activated read-only: deactivate it first`)
        }
        await activate(driver, place, strongest([...domains.values(), stateFor(access)]))
        const after = before === 'activated' ? before : stateFor(access)
        return { domains: new Map(domains).set(domain, after), result: null }
      })
    }
  }
  return {
    async open({ uri, persistent }) {
      const place = placeOf(driver, uri)
      await withRecord(place.uri, async (domains) => {
        const scratch = scratchAt(driver, place)
        const isPersistent = overlayInUse(scratch) === undefined
        if (domains.size > 0 && isPersistent !== persistent) {
          throw new LifeCycleError(`the disk is attached, and its writes are ${isPersistent ? 'kept' : 'thrown away'}`)
        }
        if (domains.size === 0 && !(persistent && isPersistent)) {
          await remove(place)
          if (persistent) endScratch(scratch)
          else beginScratch(scratch)
        }
        return { domains, result: null }
      })
    },

    attach: ({ uri, domain }) => {
      const place = placeOf(driver, uri)
      return withRecord(place.uri, async (domains) => {
        try {
          const options = optionsOf(driver, place.uri)
          const content = await contentOf(driver, place, options)
          const address = await attach(place, content)
          if (isActive(domains)) await activateDisk(place.disk, content.description, content.exports, accessOf(domains))
          const implementations = implementationsOf(address, options)
          const engine = `qemu-storage-daemon, format ${content.description.format}`
          explain(implementations, engine, options.backend, blockDeviceObstacle(true))
          return {
            domains: new Map(domains).set(domain, domains.get(domain) ?? 'attached'),
            result: { implementations },
          }
        } catch (error) {
          if (domains.size === 0) await attempt(() => leave(driver, place))
          throw error
        }
      })
    },

    activate: activateAs('read-write'),
    activate_readonly: activateAs('read-only'),

    async import_activate({ uri, domain }) {
      const place = placeOf(driver, uri)
      return withRecord(place.uri, async (domains) => {
        if (domains.get(domain) !== 'activated') {
          throw new LifeCycleError(`the disk is not activated for domain ${domain}: call Datapath.activate first`)
        }
        const { daemon, id } = place.disk
        return { domains, result: await startImportServer(id, { socket: daemon.nbdSocket, exportName: id }) }
      })
    },

    async deactivate({ uri, domain }) {
      const place = placeOf(driver, uri)
      await withRecord(place.uri, async (domains) => {
        const after = new Map(domains)
        if (after.has(domain)) after.set(domain, 'attached')
        if (!isActive(after)) await deactivate(place)
        return { domains: after, result: null }
      })
    },

    async detach({ uri, domain }) {
      const place = placeOf(driver, uri)
      await withRecord(place.uri, async (domains) => {
        const after = new Map(domains)
        after.delete(domain)
        if (after.size === 0) {
          await attempt(() => deactivate(place))
          await attempt(() => leave(driver, place))
        } else if (isActive(domains) && !isActive(after)) {
          await attempt(() => deactivate(place))
        }
        return { domains: after, result: null }
      })
    },

    async close({ uri }) {
      const place = placeOf(driver, uri)
      await withRecord(place.uri, async (domains) => {
        const scratch = scratchAt(driver, place)
        if (overlayInUse(scratch) === undefined) return { domains, result: null }
        // Whoever is left has nothing to go on with.
        await leave(driver, place)
        endScratch(scratch)
        return { domains: new Map(), result: null }
      })
    },
  }
}

/** Opens the image, attaching the disk anew where a daemon has died. */
async function activate(driver: SchemeDriver, place: Place, state: DomainState): Promise<void> {
  const content = await contentOf(driver, place, optionsOf(driver, place.uri))
  const { description, exports, fronted } = content
  const { disk, front } = place
  if (!isUp(disk) || (fronted && !isUp(front))) await attach(place, content)
  // Elsewhere a look at the image is a connection to the server, and this is the downtime of a migration.
  else if (opensAtActivation(description.protocol)) await refresh(place, content)
  await activateDisk(disk, description, exports, state === 'activated' ? 'read-write' : 'read-only')
}

async function attach(place: Place, content: Content): Promise<DiskAddress> {
  const { disk, front } = place
  const { description, exports, fronted } = content
  if (isUp(disk)) await refresh(place, content)
  const address = await attachDisk(disk, description, exports)
  if (!fronted || address.nbd === undefined) return address
  return { ...address, ...(await attachFront(front, address.nbd, address.size)) }
}

/** Shows where the volume has grown. */
async function refresh({ disk, front }: Place, { description, exports, fronted }: Content): Promise<void> {
  const size = await refreshDisk(disk, description, exports)
  if (size !== undefined && fronted) await resizeFront(front, size)
}

async function deactivate({ disk, front }: Place): Promise<void> {
  // What a dead daemon did not write is lost.
  if (isUp(disk) && readState(disk.daemon, disk.id)?.phase === 'active') await flushBlockDevice(front)
  await endOperations(disk)
  await deactivateDisk(disk)
  await detachTargets(disk)
}

/** Takes everything of a disk away that no domain needs. */
async function leave(driver: SchemeDriver, place: Place): Promise<void> {
  try {
    await remove(place)
  } finally {
    await driver.release?.(place.uri)
  }
}

async function remove({ disk, front }: Place): Promise<void> {
  await endImportServer(disk.id)
  try {
    await detachFront(front)
  } finally {
    await endOperations(disk)
    await detachDisk(disk)
    await detachTargets(disk)
  }
}

/** A domain whose record was lost: as long as the daemon has the disk, it is attached. */
async function adopted({ disk }: Place, domain: string): Promise<DomainState> {
  if (readState(disk.daemon, disk.id) !== undefined) return 'attached'
  throw new LifeCycleError(`the disk is not attached for domain ${domain}: call Datapath.attach first`)
}

async function contentOf(driver: SchemeDriver, place: Place, options: DiskOptions): Promise<Content> {
  const { uri, disk } = place
  const server = driver.server?.(uri)
  if (server !== undefined && readState(disk.daemon, disk.id) === undefined) await reachServer(server)
  await driver.prepare?.(uri, options)
  const overlay = overlayInUse(scratchOf(disk.id, options.scratch))
  const described = await driver.describe(uri, options)
  const description = overlay === undefined ? described : { ...described, overlay }
  const block = canMakeBlockDevices()
  const readOnly = exportIsReadOnly(description)
  const exports: ExportKind[] = block && readOnly ? ['nbd', 'block'] : ['nbd']
  return { description, exports, fronted: block && !readOnly }
}

function placeOf(driver: SchemeDriver, text: string): Place {
  const uri = parseDiskUri(text)
  return { uri, disk: diskAt(driver, uri), front: frontOf(driver.group(uri), text) }
}

function diskAt(driver: SchemeDriver, uri: ParsedUri): Disk {
  return diskOf(driver.group(uri), uri.text)
}

function scratchAt(driver: SchemeDriver, { uri, disk }: Place): Scratch {
  return scratchOf(disk.id, optionsOf(driver, uri).scratch)
}

function optionsOf(driver: SchemeDriver, uri: ParsedUri): DiskOptions {
  return readOptions(uri, driver.options, driver.unknownOptions)
}

function stateFor(access: Access): DomainState {
  return access === 'read-write' ? 'activated' : 'activated read-only'
}

function strongest(states: readonly DomainState[]): DomainState {
  return states.includes('activated') ? 'activated' : 'activated read-only'
}

function isActive(domains: Domains): boolean {
  return [...domains.values()].some((state) => state !== 'attached')
}

function accessOf(domains: Domains): Access {
  return [...domains.values()].includes('activated') ? 'read-write' : 'read-only'
}

/** Detach must not fail (script protocol, section 7.4): the next attach or detach of the URI tries again. */
async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  }
}
