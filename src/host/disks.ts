/** Disks: a volume's URI chained into the datapath plugin of its scheme, and back. */
import { Smapiv3Error } from '../contract/errors.ts'
import { METHODS, type Result } from '../contract/methods.ts'
import { redactUri } from '../contract/redact.ts'
import type { ReadyPlugin } from '../registry/snapshot.ts'
import type { AttachedSr, AttachedSrs } from './attached-srs.ts'
import { CloneOnBoot, type SrCallee } from './clone-on-boot.ts'
import type { Connection, Connections } from './connections.ts'
import { type Choice, chooseDatapath, type PassedOver } from './datapath-choice.ts'
import { OWN_DOMAIN } from './domain.ts'
import type { Locks, Overlap } from './locks.ts'
import type { Callee, CallOptions, OwnParams, PluginCaller } from './plugin-caller.ts'
import { lockOf } from './srs.ts'
import { type UndoStep, undoneOnFailure } from './undo.ts'
import { volumeLock } from './volumes.ts'

/** Whose use of a disk it is. */
export interface DiskUse extends CallOptions {
  /** Domain string (see domainOf); a use of the control domain's own by default. */
  readonly domain?: string | undefined
}

export interface ActivateRequest extends DiskUse {
  /** Activate for reading only; a volume that cannot be written always is. */
  readonly readOnly?: boolean | undefined
  /** Run exactly the script that `readOnly` says, whatever volume and plugin are: the caller has decided. */
  readonly exactly?: boolean | undefined
}

export interface ConnectRequest extends DiskUse {
  /** Activate for reading only; a volume that cannot be written always is. */
  readonly readOnly?: boolean | undefined
  /** False: writes go where they are thrown away at the end. */
  readonly persistent?: boolean | undefined
}

/** An attached disk, how it is reached, and why that way. */
export interface AttachedDisk {
  /** The ways to reach the bytes, as the datapath plugin answered them. */
  readonly backend: Result<'Datapath.attach'>
  /** The URI chosen, without its credentials, and the name of its datapath plugin. */
  readonly uri: string
  readonly datapath: string
  /** More desirable URIs that could not be used, and why. */
  readonly passedOver: readonly PassedOver[]
  readonly domain: string
  /** Key of the volume whose bytes are used: a temporary clone for a non-persistent disk, where the datapath cannot do it. */
  readonly volume: string
}

/** Methods of a datapath plugin that are no step of attaching a disk. */
export type DatapathMethod = 'Datapath.import_activate' | 'Data.copy' | 'Data.mirror' | 'Data.stat'

/** How a disk is used, for the params of a {@link DatapathMethod}. */
export interface DatapathUse {
  readonly uri: string
  readonly domain: string
  /** Features of the datapath plugin with their versions. */
  readonly features: ReadonlyMap<string, number>
}

export interface DiskParts {
  readonly caller: PluginCaller
  readonly locks: Locks
  readonly table: AttachedSrs
  readonly connections: Connections
  readonly datapathFor: (scheme: string) => Promise<ReadyPlugin>
  readonly calleeOf: (sr: AttachedSr) => Callee
  readonly warn: (message: string) => void
}

type Volume = Result<'Volume.stat'>
type Found = Choice<ReadyPlugin>

/** One volume in the hands of one operation. */
interface Disk extends SrCallee {
  readonly attached: AttachedSr
  readonly key: string
  readonly options: CallOptions
}

export class Disks {
  readonly #parts: DiskParts
  readonly #clones: CloneOnBoot

  constructor(parts: DiskParts) {
    this.#parts = parts
    this.#clones = new CloneOnBoot(parts.caller)
  }

  /**
   * Makes a disk usable by a domain: open (unless another domain has it open), attach, activate. What was done is undone
   * where a step fails. Repeating it is harmless and answers the same.
   */
  async connect(reference: string, key: string, request: ConnectRequest = {}): Promise<AttachedDisk> {
    const { domain = OWN_DOMAIN, persistent = true } = request
    return this.#alone(reference, key, request, (disk) =>
      undoneOnFailure(async (onFailure) => {
        const users = this.#users(disk)
        this.#refuseOtherPersistence(users, persistent)
        const volume = await this.#stat(disk)
        const undo = (step: UndoStep) => {
          if (!users.some((user) => user.domain === domain)) onFailure(step)
        }
        if (users.length === 0) await this.#open(disk, volume, persistent, undo)
        const attached = await this.#attach(disk, domain, persistent, undo)
        undo(() => this.#step('Datapath.deactivate', undoing(disk), attached.found, domain))
        await this.#activate(disk, attached.found, domain, request.readOnly === true || !volume.read_write)
        return attached.result
      }),
    )
  }

  /**
   * Ends a domain's use: deactivate, detach, and close after the last one. Each step is tried even where an earlier one
   * failed. A disk that is not attached is no error.
   */
  async disconnect(reference: string, key: string, use: DiskUse = {}): Promise<void> {
    const { domain = OWN_DOMAIN } = use
    await this.#alone(reference, key, use, async (disk) => {
      const found = await this.#release(disk, domain)
      if (this.#users(disk).length === 0) await this.#close(disk, await this.#stat(disk), found)
    })
  }

  /** Deactivates and detaches, each tried even where the other failed; the epoch goes on. */
  async release(reference: string, key: string, use: DiskUse = {}): Promise<void> {
    await this.#alone(reference, key, use, (disk) => this.#release(disk, use.domain ?? OWN_DOMAIN))
  }

  /** Begins an epoch: decides whether writes are kept until close. */
  async open(reference: string, key: string, request: CallOptions & { readonly persistent: boolean }): Promise<void> {
    await this.#alone(reference, key, request, (disk) =>
      undoneOnFailure(async (onFailure) => this.#open(disk, await this.#stat(disk), request.persistent, onFailure)),
    )
  }

  /** Ends an epoch: throws non-persistent writes away. */
  async close(reference: string, key: string, options: CallOptions = {}): Promise<void> {
    await this.#alone(reference, key, options, async (disk) => {
      const volume = await this.#stat(disk)
      await this.#close(disk, volume, await this.#choose(volume))
    })
  }

  /** Datapath.attach alone; repeating it answers the same. */
  async attach(reference: string, key: string, use: DiskUse = {}): Promise<AttachedDisk> {
    const { domain = OWN_DOMAIN } = use
    return this.#alone(reference, key, use, (disk) =>
      undoneOnFailure(async (onFailure) => {
        const isAttached = this.#users(disk).some((user) => user.domain === domain)
        return (await this.#attach(disk, domain, true, isAttached ? () => {} : onFailure)).result
      }),
    )
  }

  /** Datapath.activate, or activate_readonly. */
  async activate(reference: string, key: string, use: ActivateRequest = {}): Promise<void> {
    const { domain = OWN_DOMAIN, readOnly = false, exactly = false } = use
    await this.#alone(reference, key, use, async (disk) => {
      if (exactly) {
        const method = readOnly ? 'Datapath.activate_readonly' : 'Datapath.activate'
        await this.#step(method, disk, await this.#inUse(disk, domain), domain)
      } else {
        const volume = await this.#stat(disk)
        await this.#activate(disk, await this.#inUse(disk, domain), domain, readOnly || !volume.read_write)
      }
    })
  }

  async deactivate(reference: string, key: string, use: DiskUse = {}): Promise<void> {
    const { domain = OWN_DOMAIN } = use
    await this.#alone(reference, key, use, async (disk) => {
      await this.#step('Datapath.deactivate', disk, await this.#inUse(disk, domain), domain)
    })
  }

  async detach(reference: string, key: string, use: DiskUse = {}): Promise<void> {
    const { domain = OWN_DOMAIN } = use
    await this.#alone(reference, key, use, async (disk) => {
      await this.#step('Datapath.detach', disk, await this.#inUse(disk, domain), domain)
      this.#parts.connections.remove({ sr: disk.attached.uuid, key, domain })
    })
  }

  /**
   * Any other method of the datapath plugin that a disk is used through.
   * @param params makes the params from how the disk is used; what it throws is the error of the call
   */
  async call<M extends DatapathMethod>(
    method: M,
    reference: string,
    key: string,
    params: (use: DatapathUse) => OwnParams<M>,
    use: DiskUse = {},
  ): Promise<Result<M>> {
    const { domain = OWN_DOMAIN } = use
    return this.#holding(METHODS[method].overlap, reference, key, use, async (disk) => {
      const found = await this.#inUse(disk, domain)
      const own = params({ uri: found.uri, domain, features: found.datapath.features })
      return this.#parts.caller.call(datapathCallee(found), method, own, disk.options)
    })
  }

  /** Which disks of an SR are attached, to which domains, through which URI (without its credentials). */
  attached(reference: string): Connection[] {
    const { uuid } = this.#parts.table.resolve(reference)
    return this.#parts.connections.of(uuid).map((connection) => ({ ...connection, uri: redactUri(connection.uri) }))
  }

  async #open(disk: Disk, volume: Volume, persistent: boolean, onFailure: (undo: UndoStep) => void): Promise<void> {
    const found = await this.#choose(volume)
    if (found.datapath.features.has('NONPERSISTENT')) {
      onFailure(() => this.#step('Datapath.close', undoing(disk), found))
      const { uri } = found
      await this.#parts.caller.call(datapathCallee(found), 'Datapath.open', { uri, persistent }, disk.options)
    }
    if (persistent || found.datapath.features.has('NONPERSISTENT'))
      await this.#clones.discard(disk, volume, disk.options)
    else await this.#clones.make(disk, volume, onFailure, disk.options)
  }

  async #attach(disk: Disk, domain: string, persistent: boolean, onFailure: (undo: UndoStep) => void) {
    const volume = await this.#clones.effective(disk, await this.#stat(disk), disk.options)
    const found = await this.#chosen(disk, volume)
    const { uri, datapath, passedOver } = found
    const connection: Connection = {
      sr: disk.attached.uuid,
      key: disk.key,
      domain,
      volume: volume.key,
      uri,
      datapath: datapath.name,
      persistence: persistent ? 'persistent' : 'non-persistent',
    }
    onFailure(async () => {
      await this.#step('Datapath.detach', undoing(disk), found, domain)
      this.#parts.connections.remove(connection)
    })
    await this.#parts.connections.put(connection)
    const backend = await this.#parts.caller.call(
      datapathCallee(found),
      'Datapath.attach',
      { uri, domain },
      disk.options,
    )
    const result: AttachedDisk = {
      backend,
      uri: redactUri(uri),
      datapath: datapath.name,
      passedOver,
      domain,
      volume: volume.key,
    }
    return { found, result }
  }

  async #activate(disk: Disk, found: Found, domain: string, readOnly: boolean): Promise<void> {
    const { plugin, name } = found.datapath
    const canReadOnly = plugin.scripts.has('Datapath.activate_readonly')
    if (readOnly && !canReadOnly)
      this.#parts.warn(`datapath plugin ${name} cannot activate for reading only; writes are possible`)
    await this.#step(readOnly && canReadOnly ? 'Datapath.activate_readonly' : 'Datapath.activate', disk, found, domain)
  }

  async #release(disk: Disk, domain: string): Promise<Found> {
    const found = await this.#inUse(disk, domain)
    await allOf([
      () => this.#step('Datapath.deactivate', disk, found, domain),
      () => this.#step('Datapath.detach', disk, found, domain),
    ])
    this.#parts.connections.remove({ sr: disk.attached.uuid, key: disk.key, domain })
    return found
  }

  async #close(disk: Disk, volume: Volume, found: Found): Promise<void> {
    if (found.datapath.features.has('NONPERSISTENT')) await this.#step('Datapath.close', disk, found)
    await this.#clones.discard(disk, volume, disk.options)
    // Whoever still was attached to the temporary clone has lost it.
    const lost = this.#users(disk).filter((user) => user.volume !== disk.key)
    for (const connection of lost) this.#parts.connections.remove(connection)
  }

  async #step(
    method:
      | 'Datapath.activate'
      | 'Datapath.activate_readonly'
      | 'Datapath.deactivate'
      | 'Datapath.detach'
      | 'Datapath.close',
    { options }: Disk,
    found: Found,
    domain = '',
  ): Promise<void> {
    const callee = datapathCallee(found)
    if (method === 'Datapath.close') await this.#parts.caller.call(callee, method, { uri: found.uri }, options)
    else await this.#parts.caller.call(callee, method, { uri: found.uri, domain }, options)
  }

  /** The datapath a domain uses a disk through: the one it was attached by, otherwise the one that attach would choose. */
  async #inUse(disk: Disk, domain: string): Promise<Found> {
    const connection = this.#parts.connections.get(disk.attached.uuid, disk.key, domain)
    if (connection !== undefined) return this.#through(connection)
    return this.#chosen(disk, await this.#clones.effective(disk, await this.#stat(disk), disk.options))
  }

  /** What another domain uses the same bytes through, otherwise a new choice. */
  async #chosen(disk: Disk, volume: Volume): Promise<Found> {
    const users = this.#users(disk)
    const same = users.find((user) => user.volume === volume.key && volume.uri.includes(user.uri))
    return same === undefined ? this.#choose(volume) : this.#through(same)
  }

  async #through({ uri, datapath }: Connection): Promise<Found> {
    return { uri, scheme: datapath, datapath: await this.#parts.datapathFor(datapath), passedOver: [] }
  }

  #choose(volume: Volume): Promise<Found> {
    return chooseDatapath<ReadyPlugin>(volume.key, volume.uri, async (scheme) => {
      try {
        return await this.#parts.datapathFor(scheme)
      } catch (error) {
        if (!(error instanceof Smapiv3Error)) throw error
        if (error.kind === 'NO_SUCH_PLUGIN') return { reason: `no datapath plugin serves the scheme ${scheme}` }
        if (error.kind === 'PLUGIN_REJECTED') return { reason: error.message }
        throw error
      }
    })
  }

  #refuseOtherPersistence(users: readonly Connection[], persistent: boolean): void {
    const other = users.find((user) => (user.persistence === 'persistent') !== persistent)
    if (other === undefined) return
    throw new Smapiv3Error(
      'DISK_IN_USE',
      `volume ${other.key} is attached ${other.persistence} to domain ${other.domain}`,
    )
  }

  #users({ attached, key }: Disk): Connection[] {
    return this.#parts.connections.of(attached.uuid, key)
  }

  #stat({ callee, sr, key, options }: Disk): Promise<Volume> {
    return this.#parts.caller.call(callee, 'Volume.stat', { sr, key }, options)
  }

  #alone<T>(reference: string, key: string, options: CallOptions, body: (disk: Disk) => Promise<T>): Promise<T> {
    return this.#holding('exclusive', reference, key, options, body)
  }

  #holding<T>(
    overlap: Overlap,
    reference: string,
    key: string,
    options: CallOptions,
    body: (disk: Disk) => Promise<T>,
  ): Promise<T> {
    const attached = this.#parts.table.resolve(reference)
    const disk: Disk = { attached, key, sr: attached.sr, callee: this.#parts.calleeOf(attached), options }
    const sharedSr = { name: lockOf(attached.uuid), overlap: 'shared' } as const
    const volume = { name: volumeLock(attached, key), overlap }
    return this.#parts.locks.hold([sharedSr, volume], () => body(disk), options.signal)
  }
}

function datapathCallee({ datapath: { plugin, query } }: Found): Callee {
  return { plugin, apiVersion: query.required_api_version }
}

/** The same disk, for steps that must run although the call was cancelled. */
function undoing(disk: Disk): Disk {
  return { ...disk, options: { ...disk.options, signal: undefined } }
}

/** Runs every step; throws the first failure after all were tried. */
async function allOf(steps: readonly UndoStep[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps) await step().catch((failure: unknown) => failures.push(failure))
  if (failures.length > 0) throw failures[0]
}
