/**
 * Non-persistent disks where the datapath plugin cannot do it: a temporary clone takes the writes and is destroyed at the
 * end (SMAPIv3 script protocol, section 11). Its key is kept in the volume's own metadata, where other toolstacks look.
 */
import type { Result } from '../contract/methods.ts'
import { type Callee, type CallOptions, type PluginCaller, unlessGone } from './plugin-caller.ts'
import type { UndoStep } from './undo.ts'
import { CLONE_ON_BOOT } from './volumes.ts'

type Volume = Result<'Volume.stat'>

/** A volume plugin with an attached SR of it. */
export interface SrCallee {
  readonly callee: Callee
  /** Handle of the SR. */
  readonly sr: string
}

export class CloneOnBoot {
  readonly #caller: PluginCaller

  constructor(caller: PluginCaller) {
    this.#caller = caller
  }

  /** The volume whose bytes are used: the temporary clone where there is one, otherwise the volume. */
  async effective(at: SrCallee, volume: Volume, options: CallOptions): Promise<Volume> {
    const clone = volume.keys[CLONE_ON_BOOT]
    if (clone === undefined) return volume
    const found = await unlessGone(this.#caller.call(at.callee, 'Volume.stat', { sr: at.sr, key: clone }, options))
    return found ?? volume
  }

  /** A fresh temporary clone, in the place of one that was left over. */
  async make(at: SrCallee, volume: Volume, onFailure: (undo: UndoStep) => void, options: CallOptions): Promise<Volume> {
    await this.discard(at, volume, options)
    const { sr } = at
    const clone = await this.#caller.call(at.callee, 'Volume.clone', { sr, key: volume.key }, options)
    onFailure(() => this.#destroy(at, clone.key, { ...options, signal: undefined }))
    const params = { sr, key: volume.key, k: CLONE_ON_BOOT, v: clone.key }
    onFailure(() => this.#forget(at, volume.key, { ...options, signal: undefined }))
    await this.#caller.call(at.callee, 'Volume.set', params, options)
    return clone
  }

  /** Destroys the temporary clone, if there is one; one that is gone already is only forgotten. */
  async discard(at: SrCallee, volume: Volume, options: CallOptions): Promise<void> {
    const clone = volume.keys[CLONE_ON_BOOT]
    if (clone === undefined) return
    await this.#destroy(at, clone, options)
    await this.#forget(at, volume.key, options)
  }

  async #destroy({ callee, sr }: SrCallee, key: string, options: CallOptions): Promise<void> {
    await unlessGone(this.#caller.call(callee, 'Volume.destroy', { sr, key }, options))
  }

  async #forget({ callee, sr }: SrCallee, key: string, options: CallOptions): Promise<void> {
    await this.#caller.call(callee, 'Volume.unset', { sr, key, k: CLONE_ON_BOOT }, options)
  }
}
