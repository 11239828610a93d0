/** One volume in the hands of one operation: the steps between a volume and a datapath plugin, without locks. */
import { Smapiv3Error } from '../contract/errors.ts'
import type { Result } from '../contract/methods.ts'
import { redactUri } from '../contract/redact.ts'
import type { ReadyPlugin } from '../registry/snapshot.ts'
import type { AttachedSr, AttachedSrs } from './attached-srs.ts'
import { CloneOnBoot, type SrCallee } from './clone-on-boot.ts'
import type { Connection, Connections } from './connections.ts'
import { type Choice, chooseDatapath, type PassedOver } from './datapath-choice.ts'
import type { Locks } from './locks.ts'
import type { Callee, CallOptions, PluginCaller } from './plugin-caller.ts'
import type { UndoStep } from './undo.ts'

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
  /** What the datapath plugin said of it on stderr: why it can be reached these ways and not in others. */
  readonly said: string
  /** Key of the volume whose bytes are used: a temporary clone for a non-persistent disk, where the datapath cannot do it. */
  readonly volume: string
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

/** A datapath plugin with the URI it is used by. */
export type Found = Choice<ReadyPlugin>

export class DiskSession {
  readonly #parts: DiskParts
  readonly #clones: CloneOnBoot
  readonly #attached: AttachedSr
  readonly #key: string
  readonly #options: CallOptions
  readonly #at: SrCallee

  constructor(parts: DiskParts, attached: AttachedSr, key: string, options: CallOptions) {
    this.#parts = parts
    this.#clones = new CloneOnBoot(parts.caller)
    this.#attached = attached
    this.#key = key
    this.#options = options
    this.#at = { sr: attached.sr, callee: parts.calleeOf(attached) }
  }

  /** Datapath.open, or a temporary clone, or neither where nothing has to be thrown away. */
  async open(volume: Volume, persistent: boolean, onFailure: (undo: UndoStep) => void): Promise<void> {
    const found = await this.choose(volume)
    if (found.datapath.features.has('NONPERSISTENT')) {
      onFailure(() => this.undoing().step('Datapath.close', found))
      const { uri } = found
      await this.#parts.caller.call(datapathCallee(found), 'Datapath.open', { uri, persistent }, this.#options)
    }
    if (persistent || found.datapath.features.has('NONPERSISTENT'))
      await this.#clones.discard(this.#at, volume, this.#options)
    else await this.#clones.make(this.#at, volume, onFailure, this.#options)
  }

  /** Datapath.attach, remembered before it is called. */
  async attach(domain: string, persistent: boolean, onFailure: (undo: UndoStep) => void) {
    const volume = await this.#clones.effective(this.#at, await this.stat(), this.#options)
    const found = await this.#chosen(volume)
    const { uri, datapath, passedOver } = found
    const connection: Connection = {
      sr: this.#attached.uuid,
      key: this.#key,
      domain,
      volume: volume.key,
      uri,
      datapath: datapath.name,
      persistence: persistent ? 'persistent' : 'non-persistent',
    }
    onFailure(async () => {
      await this.undoing().step('Datapath.detach', found, domain)
      this.#parts.connections.remove(connection)
    })
    await this.#parts.connections.put(connection)
    const { value, stderr } = await this.#parts.caller.callWithStderr(
      datapathCallee(found),
      'Datapath.attach',
      { uri, domain },
      this.#options,
    )
    const result: AttachedDisk = {
      backend: value,
      uri: redactUri(uri),
      datapath: datapath.name,
      passedOver,
      domain,
      said: stderr.trim(),
      volume: volume.key,
    }
    return { found, result }
  }

  /**
   * Datapath.attach again for each domain that has the bytes of the volume itself: it answers as before, and the disk
   * shows the size that the volume has now.
   */
  async attachAgain(): Promise<void> {
    for (const user of this.users().filter(({ volume }) => volume === this.#key)) {
      const callee = datapathCallee(await this.#through(user))
      const { uri, domain } = user
      await this.#parts.caller.call(callee, 'Datapath.attach', { uri, domain }, this.#options)
    }
  }

  /** Datapath.activate_readonly where that is wanted and possible, otherwise Datapath.activate. */
  async activate(found: Found, domain: string, readOnly: boolean): Promise<void> {
    const { plugin, name } = found.datapath
    const canReadOnly = plugin.scripts.has('Datapath.activate_readonly')
    if (readOnly && !canReadOnly)
      this.#parts.warn(`datapath plugin ${name} cannot activate for reading only; writes are possible`)
    await this.step(readOnly && canReadOnly ? 'Datapath.activate_readonly' : 'Datapath.activate', found, domain)
  }

  /** Deactivates and detaches, each tried even where the other failed. */
  async release(domain: string): Promise<Found> {
    const found = await this.inUse(domain)
    await allOf([
      () => this.step('Datapath.deactivate', found, domain),
      () => this.step('Datapath.detach', found, domain),
    ])
    this.forget(domain)
    return found
  }

  /** Datapath.close, and the end of the temporary clone. */
  async close(volume: Volume, found: Found): Promise<void> {
    if (found.datapath.features.has('NONPERSISTENT')) await this.step('Datapath.close', found)
    await this.#clones.discard(this.#at, volume, this.#options)
    // Whoever still was attached to the temporary clone has lost it.
    const lost = this.users().filter((user) => user.volume !== this.#key)
    for (const connection of lost) this.#parts.connections.remove(connection)
  }

  /** One method that has no result. */
  async step(
    method:
      | 'Datapath.activate'
      | 'Datapath.activate_readonly'
      | 'Datapath.deactivate'
      | 'Datapath.detach'
      | 'Datapath.close',
    found: Found,
    domain = '',
  ): Promise<void> {
    const callee = datapathCallee(found)
    if (method === 'Datapath.close') await this.#parts.caller.call(callee, method, { uri: found.uri }, this.#options)
    else await this.#parts.caller.call(callee, method, { uri: found.uri, domain }, this.#options)
  }

  /** The datapath a domain uses a disk through: the one it was attached by, otherwise the one that attach would choose. */
  async inUse(domain: string): Promise<Found> {
    const connection = this.#parts.connections.get(this.#attached.uuid, this.#key, domain)
    if (connection !== undefined) return this.#through(connection)
    return this.#chosen(await this.#clones.effective(this.#at, await this.stat(), this.#options))
  }

  /** What another domain uses the same bytes through, otherwise a new choice. */
  async #chosen(volume: Volume): Promise<Found> {
    const users = this.users()
    const same = users.find((user) => user.volume === volume.key && volume.uri.includes(user.uri))
    return same === undefined ? this.choose(volume) : this.#through(same)
  }

  async #through({ uri, datapath }: Connection): Promise<Found> {
    return { uri, scheme: datapath, datapath: await this.#parts.datapathFor(datapath), passedOver: [] }
  }

  /** The datapath that a new attach would choose. */
  choose(volume: Volume): Promise<Found> {
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

  /** @throws Smapiv3Error DISK_IN_USE where another domain has the disk attached in the other way */
  refuseOtherPersistence(persistent: boolean): void {
    const other = this.users().find((user) => (user.persistence === 'persistent') !== persistent)
    if (other === undefined) return
    throw new Smapiv3Error(
      'DISK_IN_USE',
      `volume ${other.key} is attached ${other.persistence} to domain ${other.domain}`,
    )
  }

  /** Who has the disk attached. */
  users(): Connection[] {
    return this.#parts.connections.of(this.#attached.uuid, this.#key)
  }

  /** The volume as its plugin describes it now. */
  stat(): Promise<Volume> {
    return this.#parts.caller.call(this.#at.callee, 'Volume.stat', { sr: this.#at.sr, key: this.#key }, this.#options)
  }

  /** Forgets that a domain has the disk attached. */
  forget(domain: string): void {
    this.#parts.connections.remove({ sr: this.#attached.uuid, key: this.#key, domain })
  }

  /** The same disk, for steps that must run although the call was cancelled. */
  undoing(): DiskSession {
    return new DiskSession(this.#parts, this.#attached, this.#key, { ...this.#options, signal: undefined })
  }
}

/** A datapath plugin as it is called. */
export function datapathCallee({ datapath: { plugin, query } }: Found): Callee {
  return { plugin, apiVersion: query.required_api_version }
}

/** Runs every step; throws the first failure after all were tried. */
async function allOf(steps: readonly UndoStep[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps) await step().catch((failure: unknown) => failures.push(failure))
  if (failures.length > 0) throw failures[0]
}
