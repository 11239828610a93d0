/**
 * The names of files in an SR's directory.
 *
 *   sr.json       identity of the SR: an SR exists if and only if this file does
 *   sr.lock       held while the SR as a whole changes
 *   KEY.json      metadata of a volume: a volume exists if and only if this file does
 *   KEY.raw       image of the volume
 *   KEY.lock      held while the volume changes
 *   *.tmp         a file being written, under the lock of what it belongs to
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { TEMPORARY_SUFFIX } from '../atomic-file.ts'

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
const KEY = new RegExp(`^${UUID}$`)
const VOLUME_FILE = new RegExp(`^(${UUID})(\\.json|\\.raw|\\.json\\.tmp|\\.raw\\.tmp|\\.lock)$`)

/** Made by mkfs at the root of a file system: neither ours nor in the way. */
const LOST_AND_FOUND = 'lost+found'

/** Whether a text can be the key of a volume. Nothing else ever becomes part of a path. */
export function isKey(text: string): boolean {
  return KEY.test(text)
}

export function identityFile(directory: string): string {
  return join(directory, 'sr.json')
}

export function srLockFile(directory: string): string {
  return join(directory, 'sr.lock')
}

export function metadataFile(directory: string, key: string): string {
  return join(directory, `${key}.json`)
}

export function imageFile(directory: string, key: string): string {
  return join(directory, `${key}.raw`)
}

export function volumeLockFile(directory: string, key: string): string {
  return join(directory, `${key}.lock`)
}

/** Where a new image is made that is to replace a volume's. */
export function newImageFile(directory: string, key: string): string {
  return imageFile(directory, key) + TEMPORARY_SUFFIX
}

/** Where new metadata is written before it replaces a volume's. */
export function newMetadataFile(directory: string, key: string): string {
  return metadataFile(directory, key) + TEMPORARY_SUFFIX
}

/** What a directory holds. */
export interface Contents {
  /** Key → endings of the files there are, such as `.json`, for every key with at least one file. */
  readonly volumes: ReadonlyMap<string, ReadonlySet<string>>
  /** Names that this plugin did not make. */
  readonly foreign: readonly string[]
}

/** Sorts the names in a directory into ours and others. */
export function readContents(directory: string): Contents {
  const volumes = new Map<string, Set<string>>()
  const foreign: string[] = []
  for (const name of readdirSync(directory)) {
    const [, key, ending] = VOLUME_FILE.exec(name) ?? []
    if (key !== undefined && ending !== undefined) volumes.set(key, (volumes.get(key) ?? new Set()).add(ending))
    else if (!isOwnName(name)) foreign.push(name)
  }
  return { volumes, foreign }
}

/** Keys of the volumes in a directory, in order. */
export function volumeKeys({ volumes }: Contents): readonly string[] {
  return [...volumes]
    .filter(([, endings]) => endings.has('.json'))
    .map(([key]) => key)
    .sort()
}

function isOwnName(name: string): boolean {
  return ['sr.json', `sr.json${TEMPORARY_SUFFIX}`, 'sr.lock', LOST_AND_FOUND].includes(name)
}
