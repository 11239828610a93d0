/** SRs that the suite makes, with their volumes. */
import { randomUUID } from 'node:crypto'
import type { MethodName, Params, Result } from '../contract/methods.ts'
import type { Called, Caller } from './caller.ts'
import type { Configuration } from './places.ts'
import { CallFailed } from './violation.ts'

/** Calls that remove things, whatever has become of the check that made them. */
export class Remover {
  readonly #caller: Caller
  readonly #path: string

  constructor(caller: Caller, path: string) {
    this.#caller = caller
    this.#path = path
  }

  async call<M extends MethodName>(method: M, params: Omit<Params<M>, 'dbg'>): Promise<Result<M>> {
    const { outcome, record }: Called<M> = await this.#caller.call(this.#path, method, {
      dbg: 'conformance: cleaning up',
      ...params,
    } as unknown as Params<M>)
    if (outcome.ok) return outcome.value
    throw new CallFailed(method, outcome.error, record)
  }
}

/** A volume made, or about to be. */
export interface Made {
  /** The name it was given; that of its origin for a snapshot or clone. */
  readonly name: string
  /** Undefined until the plugin has answered. */
  key: string | undefined
}

export class Sr {
  readonly uuid = randomUUID()
  /** The configuration it is created with. */
  readonly given: Configuration
  readonly name: string
  /** Whether the suite made it, so that it may be destroyed. */
  readonly isOwn: boolean
  /** What SR.create answered. */
  configuration: Configuration
  /** Handle, while it is attached. */
  handle: string | undefined
  /** Whether SR.create has succeeded. */
  isCreated = false
  isDestroyed = false
  readonly #volumes: Made[] = []
  readonly #remover: Remover

  constructor(given: Configuration, name: string, isOwn: boolean, remover: Remover) {
    this.given = given
    this.configuration = given
    this.name = name
    this.isOwn = isOwn
    this.#remover = remover
  }

  /** What is known of its configuration. */
  get complete(): Configuration {
    return { ...this.given, ...this.configuration }
  }

  /** Registers a volume before it is made. */
  willMake(name: string): Made {
    const made: Made = { name, key: undefined }
    this.#volumes.push(made)
    return made
  }

  forget(key: string): void {
    const index = this.#volumes.findIndex((made) => made.key === key)
    if (index >= 0) this.#volumes.splice(index, 1)
  }

  /** Keys of the volumes that the suite made and has not destroyed. */
  get keys(): string[] {
    return this.#volumes.flatMap(({ key }) => (key === undefined ? [] : [key]))
  }

  /** Removes the SR: as a whole where the suite made it, volume by volume where it did not or that fails. */
  async remove(): Promise<void> {
    if (this.isDestroyed) return
    if (this.isOwn) {
      const failure = await this.#destroy().catch((error: unknown) => error)
      if (failure === undefined) return
      await this.#removeVolumes()
      await this.#destroy()
    } else {
      if (this.handle === undefined) return
      await this.#removeVolumes()
      await this.#remover.call('SR.detach', { sr: this.handle })
    }
  }

  /** Removes one volume; where the plugin never told its key, those that have its name and that nobody else made. */
  async removeVolume(made: Made): Promise<void> {
    if (!this.#volumes.includes(made) || this.isDestroyed || this.handle === undefined) return
    const keys = made.key === undefined ? await this.#lost(this.handle, [made.name]) : [made.key]
    for (const key of keys) await this.#remover.call('Volume.destroy', { sr: this.handle, key })
    const index = this.#volumes.indexOf(made)
    if (index >= 0) this.#volumes.splice(index, 1)
  }

  async #destroy(): Promise<void> {
    const sr = await this.#attach()
    if (sr === undefined) return
    this.handle = sr
    await this.#remover.call('SR.destroy', { sr })
    this.isDestroyed = true
  }

  /** The handle; undefined where the SR was never made, as the plugin says itself. */
  async #attach(): Promise<string | undefined> {
    try {
      return await this.#remover.call('SR.attach', { configuration: this.complete })
    } catch (error) {
      const isRefused = error instanceof CallFailed && error.error.kind === 'PLUGIN_ERROR'
      if (isRefused && !this.isCreated) return undefined
      throw error
    }
  }

  async #removeVolumes(): Promise<void> {
    if (this.handle === undefined) return
    const sr = this.handle
    const unknown = this.#volumes.filter(({ key }) => key === undefined).map(({ name }) => name)
    const lost = unknown.length > 0 ? await this.#lost(sr, unknown) : []
    for (const key of [...lost, ...this.keys.reverse()]) {
      await this.#remover.call('Volume.destroy', { sr, key })
      this.forget(key)
    }
  }

  /** Keys of volumes with one of the names, which the suite must have made without getting to know them. */
  async #lost(sr: string, names: readonly string[]): Promise<string[]> {
    const listed = await this.#remover.call('SR.ls', { sr })
    const known = this.keys
    return listed.filter(({ key, name }) => !known.includes(key) && names.includes(name)).map(({ key }) => key)
  }
}
