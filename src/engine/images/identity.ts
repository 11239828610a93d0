/** The file that makes a directory an SR, and what is said about an SR from it. */
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { sha256Of } from '../identifiers.ts'
import { DamagedFileError, readRecord, writeRecord } from '../sr/record-file.ts'
import { errnoOf } from '../storage-error.ts'
import { FORMAT_NAMES, type VolumeFormat } from './format.ts'
import { identityFile } from './layout.ts'

/** The newest format of an SR's directory that this version understands. */
const FORMAT = 1

/** What sr.json holds. */
export interface Identity {
  readonly format: number
  readonly uuid: string
  readonly name: string
  readonly description: string
  /** Whether SR.create made the directory, so that SR.destroy removes it. */
  readonly made_directory: boolean
  /** Of new volumes; raw where it is missing, as the first version of this plugin left it. */
  readonly image_format?: VolumeFormat
  /** Set while SR.destroy is at work: should it be killed, a repeated one goes on, and nothing else may begin. */
  readonly destroying?: boolean
}

const MEMBERS = {
  format: 'number',
  uuid: 'string',
  name: 'string',
  description: 'string',
  made_directory: 'boolean',
  image_format: 'string?',
  destroying: 'boolean?',
}

/** The identity of a new SR. */
export function newIdentity(more: Omit<Identity, 'format'>): Identity {
  return { format: FORMAT, ...more }
}

/**
 * The identity of a directory of ISO images, which nothing is written to: its name is the directory's.
 * @returns undefined where there is no such directory
 */
export function isoIdentity(directory: string, uuid: string): Identity | undefined {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return undefined
  return newIdentity({ uuid, name: basename(directory), description: 'ISO images', made_directory: false })
}

/** A uuid for a directory of ISO images that was not given one: the same every time. */
export function uuidFor(sr: string): string {
  const digits = sha256Of(sr)
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5')
}

/**
 * The identity of the SR in a directory; undefined where the directory holds none or does not exist.
 * @throws DamagedFileError also where a newer version wrote a format that this one does not understand
 */
export function readIdentity(directory: string): Identity | undefined {
  const path = identityFile(directory)
  let record: Record<string, unknown>
  try {
    record = readRecord(path, MEMBERS)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
  const identity = record as unknown as Identity
  const { format, image_format = 'raw' } = identity
  if (format > FORMAT) {
    throw new DamagedFileError(path, `it has format ${format}, and this plugin understands up to ${FORMAT}`)
  }
  if (FORMAT_NAMES.includes(image_format)) return identity
  throw new DamagedFileError(path, `this plugin knows no images of the format ${image_format}`)
}

/** Writes the identity; the SR's lock must be held. */
export function writeIdentity(directory: string, identity: Identity): void {
  writeRecord(identityFile(directory), identity)
}
