/** Volumes of attached SRs: every method of the class Volume, in an order that is safe for each volume. */
import { Smapiv3Error } from '../contract/errors.ts'
import { METHODS, type MethodName, type Params, type Result } from '../contract/methods.ts'
import type { AttachedSr, AttachedSrs } from './attached-srs.ts'
import type { Locks, Want } from './locks.ts'
import { type Callee, type CallOptions, type OwnParams, type PluginCaller, unlessGone } from './plugin-caller.ts'
import { readableVolumes } from './readable-volumes.ts'
import { lockOf } from './srs.ts'

export type VolumeMethod = Extract<MethodName, `Volume.${string}`>

/** Params that the caller gives; `dest_sr` of a copy is an SR's uuid or name here. */
export type VolumeParams<M extends VolumeMethod> = Omit<Params<M>, 'dbg' | 'sr'>

/** Key under which a volume keeps the key of its temporary clone (SMAPIv3 script protocol, section 12). */
export const CLONE_ON_BOOT = 'clone-on-boot'

export interface VolumeParts {
  readonly caller: PluginCaller
  readonly locks: Locks
  readonly table: AttachedSrs
  readonly calleeOf: (sr: AttachedSr) => Callee
  /** Lets those who have the volume attached see its new size; called with the volume's lock held. */
  readonly showGrowth: (sr: AttachedSr, key: string, options: CallOptions) => Promise<void>
  readonly warn: (message: string) => void
}

export class Volumes {
  readonly #parts: VolumeParts

  constructor(parts: VolumeParts) {
    this.#parts = parts
  }

  /**
   * Runs one method of the class Volume. Calls on one volume wait for each other where the method table says so;
   * volumes do not wait for other volumes.
   * @param reference uuid or unique name of an attached SR
   */
  async call<M extends VolumeMethod>(
    method: M,
    reference: string,
    params: VolumeParams<M>,
    options?: CallOptions,
  ): Promise<Result<M>> {
    const sr = this.#parts.table.resolve(reference)
    const own = { sr: sr.sr, ...params } as unknown as OwnParams<M>
    const complete = 'dest_sr' in own ? { ...own, dest_sr: this.#destination(sr, String(own.dest_sr)) } : own
    return this.#parts.locks.hold(
      wantsOf(method, sr, own),
      () => this.#parts.caller.call(this.#parts.calleeOf(sr), method, complete, options),
      options?.signal,
    )
  }

  /**
   * The volumes of an SR without the temporary clones of non-persistent disks, which nobody made by hand. A record that
   * cannot be read is left out with a warning, so that one bad volume does not hide the others.
   */
  async list(reference: string, options?: CallOptions): Promise<Result<'SR.ls'>> {
    const sr = this.#parts.table.resolve(reference)
    const want: Want = { name: lockOf(sr.uuid), overlap: 'shared' }
    const { caller, calleeOf, warn } = this.#parts
    const readable = (printed: unknown) => readableVolumes(printed, (why) => warn(`SR ${sr.uuid}: SR.ls: ${why}`))
    const ls = () => caller.call(calleeOf(sr), 'SR.ls', { sr: sr.sr }, options, readable)
    const volumes = await this.#parts.locks.hold([want], ls, options?.signal)
    const temporary = new Set(volumes.map(({ keys }) => keys[CLONE_ON_BOOT]))
    return volumes.filter(({ key }) => !temporary.has(key))
  }

  /** Grows a volume; those who have it attached see the new size. */
  async resize(reference: string, params: VolumeParams<'Volume.resize'>, options: CallOptions = {}): Promise<void> {
    const { table, caller, calleeOf, locks, showGrowth, warn } = this.#parts
    const attached = table.resolve(reference)
    const { key } = params
    const resize = async () => {
      await caller.call(calleeOf(attached), 'Volume.resize', { sr: attached.sr, ...params }, options)
      try {
        await showGrowth(attached, key, options)
      } catch (error) {
        // The volume has grown all the same, and its disk is as before.
        const reason = error instanceof Error ? error.message : String(error)
        warn(`volume ${key} has grown, and its disk will show it when it is attached or activated next: ${reason}`)
      }
    }
    await locks.hold(wantsOf('Volume.resize', attached, params), resize, options.signal)
  }

  /** Destroys a volume, and before it the temporary clone that a non-persistent disk may have left. */
  async destroy(reference: string, key: string, options?: CallOptions): Promise<void> {
    const { table, caller, calleeOf, locks } = this.#parts
    const attached = table.resolve(reference)
    const { sr } = attached
    const callee = calleeOf(attached)
    const destroy = async () => {
      const { keys } = await caller.call(callee, 'Volume.stat', { sr, key }, options)
      const clone = keys[CLONE_ON_BOOT]
      if (clone !== undefined) await unlessGone(caller.call(callee, 'Volume.destroy', { sr, key: clone }, options))
      await caller.call(callee, 'Volume.destroy', { sr, key }, options)
    }
    await locks.hold(wantsOf('Volume.destroy', attached, { key }), destroy, options?.signal)
  }

  #destination(source: AttachedSr, reference: string): string {
    const destination = this.#parts.table.resolve(reference)
    if (destination.plugin === source.plugin) return destination.sr
    const message = `Volume.copy cannot go from an SR of ${source.plugin} to one of ${destination.plugin}`
    throw new Smapiv3Error('BAD_PARAMETERS', message, {
      recovery: 'Copy between SRs of one plugin, or through their datapaths.',
    })
  }
}

/** Name of the lock on a volume. */
export function volumeLock(sr: AttachedSr, key: string): string {
  return `volume ${sr.uuid} ${key}`
}

/** The SR must stay; the volume named first is held as the table says, what else is named is only read. */
function wantsOf(method: VolumeMethod, sr: AttachedSr, params: object): Want[] {
  const { key, key2, snapshot } = params as { key?: string; key2?: string; snapshot?: string }
  const { overlap } = METHODS[method]
  const wants: Want[] = [{ name: lockOf(sr.uuid), overlap: 'shared' }]
  if (key !== undefined) wants.push({ name: volumeLock(sr, key), overlap })
  // Volume.compose may leave the parent unusable.
  if (key2 !== undefined) wants.push({ name: volumeLock(sr, key2), overlap })
  if (snapshot !== undefined) wants.push({ name: volumeLock(sr, snapshot), overlap: 'shared' })
  return wants
}
