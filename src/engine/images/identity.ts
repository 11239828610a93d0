/** The file that makes a directory an SR, and what is said about an SR from it. */
import { DamagedFileError, readRecord, writeRecord } from '../sr/record-file.ts'
import { errnoOf } from '../storage-error.ts'
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
  /** Set while SR.destroy is at work: should it be killed, a repeated one goes on, and nothing else may begin. */
  readonly destroying?: boolean
}

const MEMBERS = {
  format: 'number',
  uuid: 'string',
  name: 'string',
  description: 'string',
  made_directory: 'boolean',
  destroying: 'boolean?',
}

/** The identity of a new SR. */
export function newIdentity(uuid: string, name: string, description: string, madeDirectory: boolean): Identity {
  return { format: FORMAT, uuid, name, description, made_directory: madeDirectory }
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
  if (identity.format <= FORMAT) return identity
  throw new DamagedFileError(path, `it has format ${identity.format}, and this plugin understands up to ${FORMAT}`)
}

/** Writes the identity; the SR's lock must be held. */
export function writeIdentity(directory: string, identity: Identity): void {
  writeRecord(identityFile(directory), identity)
}
