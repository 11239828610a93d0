/**
 * The Datapath and Data classes of a scheme whose disks live in a qemu-storage-daemon: the life cycle of section 11 of
 * the SMAPIv3 script protocol, for any number of domains on one URI.
 *
 * A disk is attached with its first domain and detached with its last, activated with the first domain that activates
 * it and deactivated with the last that deactivates it.
 */
import type { ClassMethods } from '../../kit/index.ts'
import { parseDiskUri } from '../disk-uri.ts'
import { blockDeviceObstacle } from '../engines.ts'
import { explain } from '../explanation.ts'
import { notice } from '../notice.ts'
import { ServerUnreachableError } from '../server.ts'
import { dataMethods } from './data.ts'
import { implementationsOf } from './datapath-answer.ts'
import { FlushError } from './datapath-front.ts'
import { startImportServer } from './datapath-import.ts'
import { type DomainState, type Domains, isRecorded, withRecord } from './datapath-record.ts'
import { beginScratch, endScratch, overlayInUse } from './datapath-scratch.ts'
import {
  activate,
  attach,
  deactivate,
  diskAt,
  leave,
  optionsOf,
  type Place,
  placeOf,
  reachOf,
  remove,
  scratchAt,
} from './datapath-steps.ts'
import type { Access } from './description.ts'
import { activateDisk } from './disk.ts'
import { readState } from './disk-state.ts'
import { QmpConnectionError } from './qmp-error.ts'
import type { SchemeDriver } from './scheme-driver.ts'
import { whileReachable } from './server-watch.ts'

export type { SchemeDriver } from './scheme-driver.ts'

/** Milliseconds that a daemon has for an answer where nobody will ask for the disk again. */
const DETACH_PATIENCE = 15_000

/** A transition that the life cycle does not have. */
export class LifeCycleError extends Error {
  override readonly name = 'LifeCycleError'
}

/** The Datapath and Data classes of a scheme, for definePlugin. */
export function qsdDatapath(driver: SchemeDriver): {
  readonly Datapath: ClassMethods<'Datapath'>
  readonly Data: ClassMethods<'Data'>
} {
  return {
    Datapath: datapathMethods(driver),
    Data: dataMethods({
      disk: (uri) => diskAt(driver, parseDiskUri(uri)),
      targetPatience: (uri) => optionsOf(driver, parseDiskUri(uri)).targetTimeout,
    }),
  }
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
          const { content, address } = await attach(driver, place, options)
          if (isActive(domains)) await activateDisk(place.disk, content.description, content.exports, accessOf(domains))
          const implementations = implementationsOf(address, options)
          const engine = `qemu-storage-daemon, format ${content.description.format}`
          explain(implementations, engine, options.backend, blockDeviceObstacle(true), address.pageCache)
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
        if (!isActive(after)) await whileReachable(reachOf(driver, place), () => deactivate(place))
        return { domains: after, result: null }
      })
    },

    async detach({ uri, domain }) {
      const place = placeOf(driver, uri)
      await withRecord(place.uri, async (domains) => {
        const after = new Map(domains)
        after.delete(domain)
        if (after.size === 0) {
          await giveUp(driver, place)
        } else if (isActive(domains) && !isActive(after)) {
          await attempt(() => whileReachable(reachOf(driver, place), () => deactivate(place)))
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
        await whileReachable(reachOf(driver, place), () => leave(driver, place))
        endScratch(scratch)
        return { domains: new Map(), result: null }
      })
    },
  }
}

/** A domain whose record was lost: as long as the daemon has the disk, it is attached. */
async function adopted({ disk }: Place, domain: string): Promise<DomainState> {
  if (readState(disk.daemon, disk.id) !== undefined) return 'attached'
  throw new LifeCycleError(`the disk is not attached for domain ${domain}: call Datapath.attach first`)
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

/**
 * Takes all of a disk away that its last domain has left. What can be brought to its storage is; one that answers nothing is
 * waited for once, and not by each step.
 */
async function giveUp(driver: SchemeDriver, place: Place): Promise<void> {
  const reach = reachOf(driver, place)
  const failure = await attempt(() => whileReachable(reach, () => deactivate(place, DETACH_PATIENCE)))
  if (isSilence(failure)) await attempt(() => leave(driver, place, true))
  else await attempt(() => whileReachable(reach, () => leave(driver, place)))
}

/** Whether a failure means that nothing is answered. */
function isSilence(failure: unknown): boolean {
  return (
    failure instanceof ServerUnreachableError ||
    failure instanceof QmpConnectionError ||
    (failure instanceof FlushError && failure.silent)
  )
}

/** Detach must not fail (script protocol, section 7.4): the next attach or detach of the URI tries again. */
async function attempt(action: () => Promise<void>): Promise<unknown> {
  try {
    await action()
    return undefined
  } catch (error) {
    notice(error instanceof Error ? error.message : String(error))
    return error
  }
}
