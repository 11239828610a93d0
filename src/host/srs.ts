/** Storage repositories: created, attached and remembered, asked, detached, destroyed. */
import { randomUUID } from 'node:crypto'
import { Smapiv3Error } from '../contract/errors.ts'
import { METHODS, type Result } from '../contract/methods.ts'
import type { ReadyPlugin } from '../registry/snapshot.ts'
import type { AttachedSr, AttachedSrs } from './attached-srs.ts'
import type { Connections } from './connections.ts'
import type { Locks, Want } from './locks.ts'
import type { Callee, CallOptions, OwnParams, PluginCaller } from './plugin-caller.ts'
import { undoneOnFailure } from './undo.ts'

/** Methods on an attached SR that leave the table of attached SRs alone. */
type SrMethod = 'SR.stat' | 'SR.ls' | 'SR.set_description'

export interface CreateRequest {
  /** Name of the volume plugin: queue name or its last component. */
  readonly plugin: string
  /** Uuid the SR shall have; a new one by default. */
  readonly uuid?: string | undefined
  readonly configuration: Readonly<Record<string, string>>
  readonly name: string
  readonly description?: string | undefined
}

export interface AttachRequest {
  readonly plugin: string
  readonly uuid: string
  /** Complete configuration, as SR.create answered it. */
  readonly configuration: Readonly<Record<string, string>>
}

export interface DetachOptions extends CallOptions {
  /** Go on though disks of the SR are attached, as the toolstack may; their records are dropped. */
  readonly evenIfInUse?: boolean
}

/** What the SRs need of the host. */
export interface SrParts {
  readonly caller: PluginCaller
  readonly locks: Locks
  readonly table: AttachedSrs
  readonly connections: Connections
  readonly volumePlugin: (name: string) => Promise<ReadyPlugin>
  readonly calleeOf: (sr: AttachedSr) => Callee
  readonly warn: (message: string) => void
}

export class Srs {
  readonly #parts: SrParts

  constructor(parts: SrParts) {
    this.#parts = parts
  }

  /** The attached SRs, of every plugin. */
  attached(): AttachedSr[] {
    return this.#parts.table.all()
  }

  /**
   * The attached SR of that uuid, or of that name if only one has it.
   * @throws Smapiv3Error NO_SUCH_SR
   */
  resolve(reference: string): AttachedSr {
    return this.#parts.table.resolve(reference)
  }

  /** The attached SR of exactly that uuid. */
  get(uuid: string): AttachedSr | undefined {
    return this.#parts.table.get(uuid)
  }

  /** Takes over an SR that was attached by other means, such as another toolstack, without calling the plugin. */
  adopt(sr: AttachedSr): Promise<void> {
    return this.#parts.table.put(sr)
  }

  /** Forgets an SR, and which disks of it are attached, where that has ended by other means, without calling the plugin. */
  async forget(uuid: string): Promise<void> {
    const { table, connections } = this.#parts
    const forget = async () => {
      table.remove(uuid)
      for (const connection of connections.of(uuid)) connections.remove(connection)
    }
    await this.#alone(uuid, forget, undefined)
  }

  /** What a possibly partial configuration leads to (SR.probe). */
  async probe(
    plugin: string,
    configuration: Readonly<Record<string, string>>,
    options?: CallOptions,
  ): Promise<Result<'SR.probe'>> {
    const callee = calleeFor(await this.#parts.volumePlugin(plugin))
    return this.#parts.caller.call(callee, 'SR.probe', { configuration }, options)
  }

  /** Formats a new SR; the configuration in the answer is the one to attach it by. The SR is not attached. */
  async create(
    request: CreateRequest,
    options?: CallOptions,
  ): Promise<{ uuid: string; configuration: Record<string, string> }> {
    const { uuid = randomUUID(), configuration, name, description = '' } = request
    const callee = calleeFor(await this.#parts.volumePlugin(request.plugin))
    const create = () =>
      this.#parts.caller.call(callee, 'SR.create', { uuid, configuration, name, description }, options)
    return { uuid, configuration: await this.#alone(uuid, create, options) }
  }

  /** Attaches an SR and remembers it; repeating it is harmless. Where SR.stat fails afterwards the SR is detached again. */
  async attach(request: AttachRequest, options?: CallOptions): Promise<AttachedSr> {
    const ready = await this.#parts.volumePlugin(request.plugin)
    return this.#alone(
      request.uuid,
      () => undoneOnFailure((onFailure) => this.#attach(request, ready, onFailure, options)),
      options,
    )
  }

  /**
   * Detaches an SR and forgets it.
   * @throws Smapiv3Error NO_SUCH_SR, or SR_IN_USE while disks of it are attached
   */
  async detach(reference: string, options: DetachOptions = {}): Promise<void> {
    await this.#end('SR.detach', reference, options)
  }

  /**
   * Destroys an SR and everything in it, and forgets it.
   * @throws Smapiv3Error NO_SUCH_SR, or SR_IN_USE while disks of it are attached
   */
  async destroy(reference: string, options: DetachOptions = {}): Promise<void> {
    await this.#end('SR.destroy', reference, options)
  }

  /** Gives the SR a name, by which it can be called from now on. */
  async setName(reference: string, name: string, options?: CallOptions): Promise<void> {
    const { table, caller, calleeOf } = this.#parts
    const { uuid } = table.resolve(reference)
    const rename = async () => {
      const sr = table.resolve(uuid)
      await caller.call(calleeOf(sr), 'SR.set_name', { sr: sr.sr, new_name: name }, options)
      await table.put({ ...sr, name })
    }
    await this.#parts.locks.hold(wantsOf('SR.set_name', uuid), rename, options?.signal)
  }

  /** Any other method on an attached SR. */
  async call<M extends SrMethod>(
    method: M,
    reference: string,
    params: Omit<OwnParams<M>, 'sr'>,
    options?: CallOptions,
  ): Promise<Result<M>> {
    const { table, caller, calleeOf, locks } = this.#parts
    const sr = table.resolve(reference)
    const own = { sr: sr.sr, ...params } as unknown as OwnParams<M>
    return locks.hold(wantsOf(method, sr.uuid), () => caller.call(calleeOf(sr), method, own, options), options?.signal)
  }

  async #attach(
    { uuid, configuration }: AttachRequest,
    ready: ReadyPlugin,
    onFailure: (undo: () => Promise<unknown>) => void,
    options: CallOptions | undefined,
  ): Promise<AttachedSr> {
    const { table, caller, warn } = this.#parts
    const before = table.get(uuid)
    const callee = calleeFor(ready)
    const handle = await caller.call(callee, 'SR.attach', { configuration }, options)
    if (before === undefined)
      onFailure(() => caller.call(callee, 'SR.detach', { sr: handle }, { ...options, signal: undefined }))
    const stat = await caller.call(callee, 'SR.stat', { sr: handle }, options)
    if (stat.uuid !== undefined && stat.uuid !== uuid) {
      warn(
        `${ready.name} attached the SR ${stat.uuid} where ${uuid} was asked for: check the uuid and the configuration`,
      )
    }
    const { required_api_version, features } = ready.query
    const { name, datasources } = stat
    const sr: AttachedSr = { uuid, plugin: ready.name, sr: handle, name, required_api_version, features, datasources }
    await table.put(sr)
    return sr
  }

  async #end(method: 'SR.detach' | 'SR.destroy', reference: string, options: DetachOptions): Promise<void> {
    const { table, caller, calleeOf, connections } = this.#parts
    const { uuid } = table.resolve(reference)
    await this.#alone(
      uuid,
      async () => {
        const sr = table.resolve(uuid)
        const attached = connections.of(uuid)
        if (attached.length > 0 && !options.evenIfInUse) throw inUse(sr, attached)
        await caller.call(calleeOf(sr), method, { sr: sr.sr }, options)
        table.remove(uuid)
        for (const connection of attached) connections.remove(connection)
      },
      options,
    )
  }

  #alone<T>(uuid: string, body: () => Promise<T>, options: CallOptions | undefined): Promise<T> {
    return this.#parts.locks.hold([{ name: lockOf(uuid), overlap: 'exclusive' }], body, options?.signal)
  }
}

/** Name of the lock on an SR: exclusive while it comes and goes, shared by the calls on its volumes. */
export function lockOf(uuid: string): string {
  return `sr ${uuid}`
}

/** The SR must stay; what is said of it is changed by one caller at a time, without holding up the calls on its volumes. */
function wantsOf(method: SrMethod | 'SR.set_name', uuid: string): Want[] {
  const { overlap } = METHODS[method]
  return [
    { name: lockOf(uuid), overlap: 'shared' },
    { name: `properties of ${lockOf(uuid)}`, overlap },
  ]
}

function calleeFor({ plugin, query }: ReadyPlugin): Callee {
  return { plugin, apiVersion: query.required_api_version }
}

function inUse({ uuid }: AttachedSr, attached: readonly { key: string; domain: string }[]): Smapiv3Error {
  const disks = attached.map(({ key, domain }) => `${key} (domain ${domain})`).join(', ')
  return new Smapiv3Error('SR_IN_USE', `SR ${uuid} has disks attached: ${disks}`)
}
