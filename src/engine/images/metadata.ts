/** The file that makes an image a volume. */
import { errors, PluginError } from '../../kit/index.ts'
import { DamagedFileError, readRecord, writeRecord } from '../sr/record-file.ts'
import { errnoOf } from '../storage-error.ts'
import type { VolumeFormat } from './format.ts'
import { isIso, isKey, metadataFile } from './layout.ts'

/** What KEY.json holds. The size is that of the image and written nowhere else while there is one. */
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
  /** Of the image; raw where it is missing, as the first version of this plugin left it. */
  readonly format?: VolumeFormat
  /** There where changed blocks are tracked. */
  readonly cbt?: Tracking
  /** Bytes of a volume of which only the changed blocks are kept. */
  readonly size_of_destroyed_data?: number
}

/** How changes of a volume are tracked. */
export interface Tracking {
  /** Key of the volume since whose content the changes are recorded; missing where tracking began later than any. */
  readonly parent?: string
  /** Set where the record is not complete: every block counts as changed. */
  readonly lost?: boolean
}

const MEMBERS = {
  name: 'string',
  description: 'string',
  read_write: 'boolean',
  sharable: 'boolean',
  keys: 'strings',
  origin: 'string?',
  root: 'string',
  format: 'string?',
  size_of_destroyed_data: 'number?',
}

/**
 * The metadata of a volume.
 * @throws PluginError Volume_does_not_exist, also for a text that cannot be a key
 * @throws DamagedFileError
 */
export function readMetadata(directory: string, key: string): Metadata {
  if (isIso(key)) return isoMetadata(key)
  if (!isKey(key)) throw errors.volumeDoesNotExist(key)
  try {
    return readRecord(metadataFile(directory, key), MEMBERS) as unknown as Metadata
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? errors.volumeDoesNotExist(key) : error
  }
}

/** The metadata of a volume; undefined where it does not exist or is damaged. */
export function findMetadata(directory: string, key: string): Metadata | undefined {
  try {
    return readMetadata(directory, key)
  } catch (error) {
    if (error instanceof DamagedFileError || error instanceof PluginError) return undefined
    throw error
  }
}

/** Writes the metadata of a volume, which makes it exist; the volume's lock must be held. */
export function writeMetadata(directory: string, key: string, metadata: Metadata): void {
  writeRecord(metadataFile(directory, key), metadata)
}

/** The format of a volume's image. */
export function formatOf({ format }: Metadata): VolumeFormat {
  return format ?? 'raw'
}

/** Whether a volume has data, and not only the record of what it changed. */
export function hasData({ size_of_destroyed_data }: Metadata): boolean {
  return size_of_destroyed_data === undefined
}

function isoMetadata(name: string): Metadata {
  return { name, description: '', read_write: false, sharable: true, keys: {}, root: name, format: 'raw' }
}
