/** Volumes for checks: registered before they are made, and removed at the end of the check. */
import type { Params, Result } from '../contract/methods.ts'
import type { Context } from './context.ts'
import type { Run } from './run.ts'
import type { Sr } from './sr.ts'

export type Volume = Result<'Volume.stat'>

/** Methods that make a volume. */
export type Maker = 'Volume.create' | 'Volume.snapshot' | 'Volume.clone' | 'Volume.copy'

export interface VolumeRequest {
  /** Bytes; a few MiB by default. */
  readonly size?: number
  readonly name?: string
  readonly description?: string
}

export const KIB = 1024
export const MIB = 1024 * KIB

/** Large enough for every storage, small enough to be copied in no time. */
export const SMALL = 4 * MIB

/** Calls a method that makes a volume. */
export async function make<M extends Maker>(
  context: Context,
  sr: Sr,
  name: string,
  method: M,
  params: Omit<Params<M>, 'dbg'>,
): Promise<Volume> {
  const made = sr.willMake(name)
  let size = 0
  const remove = () => sr.release(made, size)
  if (sr.isShared) context.register({ name: `the volume ${JSON.stringify(name)}`, remove })
  const volume = (await context.making(made, method, params)) as Volume
  made.key = volume.key
  size = Number(volume.virtual_size)
  mark(context.run, volume.key)
  return volume
}

/** Characters: a shorter key may appear anywhere by chance. */
const SHORTEST_MARK = 12

/** Has what is named by a key be looked for when all is gone. */
export function mark({ marks }: Pick<Run, 'marks'>, key: string): void {
  if (key.length >= SHORTEST_MARK) marks.add(key)
}

export function newVolume(context: Context, sr: Sr, request: VolumeRequest = {}): Promise<Volume> {
  const { size = SMALL, name = context.name('volume'), description = '' } = request
  return make(context, sr, name, 'Volume.create', { sr: handleOf(sr), name, description, size, sharable: false })
}

export function snapshotOf(context: Context, sr: Sr, { key, name }: Volume): Promise<Volume> {
  return make(context, sr, name, 'Volume.snapshot', { sr: handleOf(sr), key })
}

export function cloneOf(context: Context, sr: Sr, { key, name }: Volume): Promise<Volume> {
  return make(context, sr, name, 'Volume.clone', { sr: handleOf(sr), key })
}

export async function destroy(context: Context, sr: Sr, { key }: Pick<Volume, 'key'>): Promise<void> {
  await context.call('Volume.destroy', { sr: handleOf(sr), key })
  sr.forget(key)
}

export function stat(context: Context, sr: Sr, { key }: Pick<Volume, 'key'>): Promise<Volume> {
  return context.call('Volume.stat', { sr: handleOf(sr), key })
}

/** The record of a volume in SR.ls, if it is there. */
export async function listed(context: Context, sr: Sr, { key }: Pick<Volume, 'key'>): Promise<Volume | undefined> {
  const volumes = await context.call('SR.ls', { sr: handleOf(sr) })
  return volumes.find((volume) => volume.key === key)
}

/** A key as the plugin makes them, which is not in use any more. */
export async function goneKey(context: Context, sr: Sr): Promise<string> {
  const volume = await newVolume(context, sr)
  await destroy(context, sr, volume)
  return volume.key
}

/** What may change by itself, and what must not. */
export function unchanging({ physical_utilisation: _, ...rest }: Volume): Omit<Volume, 'physical_utilisation'> {
  return rest
}

export function handleOf({ handle }: Sr): string {
  if (handle === undefined) throw new Error('the SR is not attached')
  return handle
}
