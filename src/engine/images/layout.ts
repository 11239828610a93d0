/**
 * The names of files in an SR's directory.
 *
 *   sr.json       identity of the SR: an SR exists if and only if this file does
 *   sr.lock       held while the SR as a whole changes
 *   KEY.json      metadata of a volume: a volume exists if and only if this file does
 *   KEY.raw       image of the volume, or KEY.qcow2, or KEY.vhd
 *   KEY.qcow2     without KEY.json: what was the image of a volume that is gone, and others still stand on
 *   KEY.cbt       what the volume changed, where its image cannot say it any more
 *   KEY.lock      held while the volume changes
 *   *.tmp         a file being written, under the lock of what it belongs to
 *   coalesce.*    the background job: its lock, and a wish that it look again
 *   *.iso         an image that somebody put there: a volume that can only be read
 */
import { readdirSync } from 'node:fs'
import { TEMPORARY_SUFFIX } from '../atomic-file.ts'
import type { VolumeFormat } from './format.ts'

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
const KEY = new RegExp(`^${UUID}$`)
const VOLUME_FILE = new RegExp(`^(${UUID})((?:\\.json|\\.raw|\\.qcow2|\\.vhd|\\.cbt)(?:\\.tmp)?|\\.lock)$`)
const BACKING = new RegExp(`^(${UUID})\\.qcow2$`)
const ISO = /^[^./][^/]*\.iso$/i

/** Made by mkfs at the root of a file system: neither ours nor in the way. */
const LOST_AND_FOUND = 'lost+found'

/** Whether a text can be the key of a volume that a plugin made. Nothing but this and {@link isIso} becomes part of a path. */
export function isKey(text: string): boolean {
  return KEY.test(text)
}

/** Whether a text is the name of an ISO image, which is its key as well. */
export function isIso(text: string): boolean {
  return ISO.test(text)
}

/** The key of the image that a header names as backing file; undefined where it is none of ours. */
export function keyOfBacking(name: string): string | undefined {
  return BACKING.exec(name)?.[1]
}

export function identityFile(directory: string): string {
  return `${directory}/sr.json`
}

export function srLockFile(directory: string): string {
  return `${directory}/sr.lock`
}

export function metadataFile(directory: string, key: string): string {
  return `${directory}/${key}.json`
}

export function imageFile(directory: string, key: string, format: VolumeFormat): string {
  return `${directory}/${imageName(key, format)}`
}

/** The name of a volume's image in the directory. */
export function imageName(key: string, format: VolumeFormat): string {
  return isIso(key) ? key : `${key}.${format}`
}

/** What a volume changed, for the time when its image cannot say it. */
export function changesFile(directory: string, key: string): string {
  return `${directory}/${key}.cbt`
}

export function volumeLockFile(directory: string, key: string): string {
  return `${directory}/${key}.lock`
}

/** Held by the job that coalesces. */
export function jobLockFile(directory: string): string {
  return `${directory}/coalesce.lock`
}

/** Asks the job to look again. */
export function jobRequestFile(directory: string): string {
  return `${directory}/coalesce.request`
}

/** Where a new image is made that is to replace a volume's. */
export function newImageFile(directory: string, key: string, format: VolumeFormat): string {
  return imageFile(directory, key, format) + TEMPORARY_SUFFIX
}

/** Where new metadata is written before it replaces a volume's. */
export function newMetadataFile(directory: string, key: string): string {
  return metadataFile(directory, key) + TEMPORARY_SUFFIX
}

/** What a directory holds. */
export interface Contents {
  /** Key → endings of the files there are, such as `.json`, for every key with at least one file. */
  readonly volumes: ReadonlyMap<string, ReadonlySet<string>>
  /** Names of the ISO images. */
  readonly isos: readonly string[]
  /** Names that this plugin did not make. */
  readonly foreign: readonly string[]
}

/** Sorts the names in a directory into ours and others. */
export function readContents(directory: string): Contents {
  const volumes = new Map<string, Set<string>>()
  const isos: string[] = []
  const foreign: string[] = []
  for (const name of readdirSync(directory)) {
    const [, key, ending] = VOLUME_FILE.exec(name) ?? []
    if (key !== undefined && ending !== undefined) {
      const endings = volumes.get(key)
      if (endings === undefined) volumes.set(key, new Set([ending]))
      else endings.add(ending)
    } else if (isIso(name)) isos.push(name)
    else if (!OWN_NAMES.has(name)) foreign.push(name)
  }
  return { volumes, isos: isos.sort(), foreign }
}

/** Keys of the volumes in a directory, in order. */
export function volumeKeys({ volumes }: Contents): readonly string[] {
  return [...volumes]
    .filter(([, endings]) => endings.has('.json'))
    .map(([key]) => key)
    .sort()
}

const OWN_NAMES: ReadonlySet<string> = new Set([
  'sr.json',
  `sr.json${TEMPORARY_SUFFIX}`,
  'sr.lock',
  'coalesce.lock',
  'coalesce.request',
  LOST_AND_FOUND,
])
