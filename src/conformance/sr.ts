/** SRs that the suite makes, with their volumes. */
import { randomUUID } from 'node:crypto'
import type { MethodName, Params, Result } from '../contract/methods.ts'
import type { Called, Caller } from './caller.ts'
import { type Fate, isGone, isRefusal } from './fate.ts'
import type { Configuration } from './places.ts'
import { CallFailed } from './violation.ts'

/** Calls that remove things, whatever has become of the check that made them. */
export class Remover {
  readonly #caller: Caller
  readonly #path: string
  readonly canDestroy: boolean

  /** @param canDestroy whether the plugin has SR.destroy; without it an SR can only be detached */
  constructor(caller: Caller, path: string, canDestroy: boolean) {
    this.#caller = caller
    this.#path = path
    this.canDestroy = canDestroy
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
  /** Of the call that makes it. */
  fate: Fate
}

export class Sr {
  readonly uuid = randomUUID()
  /** The configuration it is created with. */
  readonly given: Configuration
  readonly name: string
  /** Whether the suite made it, so that it may be destroyed. */
  readonly isOwn: boolean
  /** Whether it is there for several checks; if not, it goes with its check, and its volumes with it. */
  isShared = false
  /** What SR.create answered. */
  configuration: Configuration
  /** Handle, while it is attached. */
  handle: string | undefined
  /** Of SR.create where it is the suite's own, otherwise of SR.attach. */
  fate: Fate = 'not begun'
  /** Bytes that volumes may have whose checks are over: they go with the SR, which is one call for all of them. */
  room = 0
  /** What SR.stat answered when it had just been attached. */
  fresh: Result<'SR.stat'> | undefined
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

  get isDestroyed(): boolean {
    return this.fate === 'gone'
  }

  /** Registers a volume before it is made; one that must not be made has the fate that it is to have, `refused`. */
  willMake(name: string, fate: Fate = 'not begun'): Made {
    const made: Made = { name, key: undefined, fate }
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
    // What a plugin refused to make may be somebody else's.
    if (this.fate === 'not begun' || this.fate === 'refused' || this.fate === 'gone') return
    if (this.isOwn && this.#remover.canDestroy) {
      const failure = await this.#destroy().catch((error: unknown) => error)
      if (failure === undefined) return
      if (this.handle === undefined) throw failure
      await this.#removeVolumes(this.handle)
      await this.#destroy()
    } else {
      this.handle ??= await this.#remover.call('SR.attach', { configuration: this.complete })
      await this.#removeVolumes(this.handle)
      await this.#remover.call('SR.detach', { sr: this.handle })
    }
  }

  /** Removes one volume, or leaves it to the end of the SR where there is room. */
  async release(made: Made, size: number): Promise<void> {
    if (made.key === undefined || size > this.room) return this.removeVolume(made)
    this.room -= size
  }

  /** Removes one volume; where the plugin never told its key, those that have its name and that nobody else made. */
  async removeVolume(made: Made): Promise<void> {
    if (!this.#volumes.includes(made) || this.isDestroyed || this.handle === undefined) return
    // What it refused to make is most likely not there, and goes with an SR of the suite's own if it is.
    if (made.fate === 'refused' && made.key === undefined && this.isOwn && this.#remover.canDestroy) return
    await this.#removeEach(this.handle, [made])
  }

  async #destroy(): Promise<void> {
    if (await this.#destroyAttached()) return
    const sr = await this.#attach()
    await this.#remover.call('SR.destroy', { sr })
    this.fate = 'gone'
  }

  /** Whether it was attached, as far as is known, and is destroyed. */
  async #destroyAttached(): Promise<boolean> {
    if (this.fate !== 'made' || this.handle === undefined) return false
    try {
      await this.#remover.call('SR.destroy', { sr: this.handle })
    } catch (error) {
      // A check may have detached it.
      if (isRefusal(error)) return false
      throw error
    }
    this.fate = 'gone'
    return true
  }

  /**
   * The handle. Where it is not known how far SR.create or SR.destroy came, and nothing can be attached, the SR is made
   * once more: what may be left of it is then part of an SR that can be destroyed.
   */
  async #attach(): Promise<string> {
    const attach = () => this.#remover.call('SR.attach', { configuration: this.complete })
    if (this.fate === 'made') {
      this.handle = await attach()
      return this.handle
    }
    let sr: string
    try {
      sr = await attach()
    } catch (error) {
      if (!isRefusal(error)) throw error
      const { uuid, given, name } = this
      this.configuration = await this.#remover.call('SR.create', {
        uuid,
        configuration: given,
        name,
        description: 'made once more by smapiv3 conformance, to be destroyed',
      })
      sr = await attach()
    }
    const { uuid } = await this.#remover.call('SR.stat', { sr })
    if (uuid !== undefined && uuid !== this.uuid)
      throw new Error(`SR.create did not end, and at its place is another SR, ${uuid}, which was left alone`)
    this.fate = 'made'
    this.handle = sr
    return sr
  }

  async #removeVolumes(sr: string): Promise<void> {
    await this.#removeEach(sr, [...this.#volumes].reverse())
  }

  async #removeEach(sr: string, volumes: readonly Made[]): Promise<void> {
    const unknown = volumes.filter(({ key, fate }) => key === undefined && fate !== 'not begun')
    const lost = unknown.length > 0 ? await this.#lost(sr, unknown) : []
    for (const key of [...lost, ...volumes.flatMap(({ key }) => (key === undefined ? [] : [key]))]) {
      await this.#remover.call('Volume.destroy', { sr, key }).catch((error: unknown) => {
        if (!isGone(error)) throw error
      })
      this.forget(key)
    }
    for (const made of unknown) this.#volumes.splice(this.#volumes.indexOf(made), 1)
    // An SR of the suite's own is destroyed with all that is in it.
    const [half] = this.isOwn || lost.length > 0 ? [] : unknown.filter(({ fate }) => fate === 'uncertain')
    if (half !== undefined)
      throw new Error(`the call that makes it did not end, and SR.ls does not show ${JSON.stringify(half.name)}`)
  }

  /** Keys of volumes with one of the names, which the suite must have made without getting to know them. */
  async #lost(sr: string, volumes: readonly Made[]): Promise<string[]> {
    const names = volumes.map(({ name }) => name)
    const listed = await this.#remover.call('SR.ls', { sr })
    const known = this.keys
    return listed.filter(({ key, name }) => !known.includes(key) && names.includes(name)).map(({ key }) => key)
  }
}
