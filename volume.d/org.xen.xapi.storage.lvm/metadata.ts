/** The tags that make a logical volume a volume of an SR, and how its name tells the volume from its generations. */

import { randomUuid } from '../../src/engine/identifiers.ts'
import type { LogicalVolume } from '../../src/engine/lvm/report.ts'
import { DamagedTagsError, type Fields, fieldsOf } from '../../src/engine/lvm/tags.ts'

/**
 * What the tags of a logical volume say. Tags of ours that are not known here are kept.
 *
 * A logical volume is named after the volume's key. Where a volume gets new bytes as a whole, they are made in another
 * logical volume, `KEY.1`, `KEY.2` and so on, which becomes the volume by one change of its tags. So the volume is the
 * one of its highest number that is not being made; what else has its key is left over.
 */
export interface Metadata {
  readonly name: string
  readonly description: string
  readonly read_write: boolean
  readonly sharable: boolean
  /** What Volume.set stored. */
  readonly keys: Readonly<Record<string, string>>
  /** Key of the volume whose content this one began with; missing where it began empty. */
  readonly origin?: string
  /** Key of the volume at the root of all copies: those with the same root have content in common. */
  readonly root: string
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
const KEY = new RegExp(`^${UUID}$`)
const NAME = new RegExp(`^(${UUID})(?:\\.(\\d+|space))?$`)

/** The field that a logical volume has until its bytes are what they are to be. */
const MAKING = 'making'

/** A logical volume of ours, by what its name and tags say. */
export interface Generation {
  readonly key: string
  readonly number: number
  /** Whether it is being made, or was when its maker died. */
  readonly making: boolean
  readonly volume: LogicalVolume
  /** What its tags say, where somebody has read them. */
  readonly fields?: Fields
}

/** Whether a text can be the key of a volume. */
export function isKey(text: string): boolean {
  return KEY.test(text)
}

export function newKey(): string {
  return randomUuid()
}

/** The name of the logical volume that a volume's next generation is made in. */
export function nextName({ key, number }: Generation): string {
  return `${key}.${number + 1}`
}

/** The name of the logical volume in which a volume's extents to come are zeroed. */
export function spaceName(key: string): string {
  return `${key}.space`
}

/** The logical volume as one of ours; undefined where it is somebody else's. */
export function generationOf(volume: LogicalVolume): Generation | undefined {
  const [, key, number = '0'] = NAME.exec(volume.name) ?? []
  if (key === undefined) return undefined
  const fields = fieldsOf(volume.tags)
  if (fields.root === undefined) return undefined
  // Space for a volume is always being made, and never a generation.
  return { key, number: Number(number) || 0, making: fields[MAKING] !== undefined, volume, fields }
}

/** The logical volumes that are volumes, by their keys, and those that are left over or being made. */
export interface Generations {
  readonly current: ReadonlyMap<string, Generation>
  readonly others: readonly Generation[]
}

/** Sorts the logical volumes of a volume group; those of others do not count. */
export function generationsOf(volumes: readonly LogicalVolume[]): Generations {
  const current = new Map<string, Generation>()
  const others: Generation[] = []
  for (const volume of volumes) {
    const generation = readableGeneration(volume)
    if (generation === undefined) continue
    const rival = generation.making ? undefined : current.get(generation.key)
    const loses = generation.making || (rival !== undefined && rival.number > generation.number)
    if (loses) others.push(generation)
    else current.set(generation.key, generation)
    if (!loses && rival !== undefined) others.push(rival)
  }
  return { current, others }
}

/** A volume whose tags are damaged is one all the same. */
function readableGeneration(volume: LogicalVolume): Generation | undefined {
  try {
    return generationOf(volume)
  } catch (error) {
    if (!(error instanceof DamagedTagsError)) throw error
    const [, key, number = '0'] = NAME.exec(volume.name) ?? []
    return key === undefined ? undefined : { key, number: Number(number) || 0, making: false, volume }
  }
}

/** The fields of a volume. */
export function fieldsOfMetadata(metadata: Metadata): Fields {
  const { name, description, read_write, sharable, keys, origin = '', root } = metadata
  return {
    name,
    description,
    read_only: read_write ? '' : 'yes',
    sharable: sharable ? 'yes' : '',
    keys: Object.keys(keys).length === 0 ? '' : JSON.stringify(Object.entries(keys)),
    origin,
    root,
  }
}

/** The fields of a volume that is being made. */
export function fieldsWhileMaking(metadata: Metadata): Fields {
  return { ...fieldsOfMetadata(metadata), [MAKING]: 'yes' }
}

/**
 * What the tags of a volume say.
 * @throws DamagedTagsError
 */
export function metadataOf({ volume, fields = fieldsOf(volume.tags) }: Generation): Metadata {
  return {
    name: fields.name ?? '',
    description: fields.description ?? '',
    read_write: fields.read_only === undefined,
    sharable: fields.sharable !== undefined,
    keys: keysOf(fields.keys),
    ...(fields.origin === undefined ? {} : { origin: fields.origin }),
    root: fields.root ?? '',
  }
}

/** As pairs: an object would lose a key such as __proto__. */
function keysOf(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {}
  try {
    return Object.fromEntries(JSON.parse(text) as [string, string][])
  } catch (error) {
    throw new DamagedTagsError('keys', error instanceof Error ? error.message : String(error))
  }
}
