/**
 * Which SRs are attached on this host. SR.attach leaves a record outside the storage, so that a call on a detached SR
 * can be refused, and the handle of a vanished directory can still be detached.
 */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bootId, fileNameFor, runDirectory } from '../../src/engine/run-directory.ts'
import { errnoOf } from '../../src/engine/storage-error.ts'
import { errors } from '../../src/kit/index.ts'
import { readRecord, writeRecord } from './json-file.ts'

/** An SR that is attached on this host. */
export interface Attachment {
  /** The handle: the URI of the directory. */
  readonly sr: string
  readonly directory: string
  readonly uuid: string
  /** Set when SR.destroy begins, so that a repeated call knows what to finish when nothing of the SR is left. */
  readonly destroying?: { readonly made_directory: boolean }
}

const MEMBERS = { sr: 'string', directory: 'string', uuid: 'string', boot: 'string' }

/** Records that an SR is attached; the SR's lock must be held. */
export function recordAttachment(attachment: Attachment): void {
  writeRecord(recordOf(attachment.sr), { ...attachment, boot: bootId() })
}

/** Forgets an attachment; it is no error where there is none. */
export function forgetAttachment(sr: string): void {
  rmSync(recordOf(sr), { force: true })
}

/** The attachment of a handle; undefined where the SR is not attached, or was so before the host started last. */
export function findAttachment(sr: string): Attachment | undefined {
  return readAttachment(recordOf(sr))
}

/**
 * The attachment of a handle.
 * @throws PluginError Sr_not_attached
 */
export function attachmentOf(sr: string): Attachment {
  const attachment = findAttachment(sr)
  if (attachment === undefined) throw errors.srNotAttached(sr)
  return attachment
}

/** All SRs that are attached on this host. */
export function attachments(): readonly Attachment[] {
  const directory = recordDirectory()
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => readAttachment(join(directory, name)) ?? [])
}

function readAttachment(path: string): Attachment | undefined {
  try {
    const record = readRecord(path, MEMBERS)
    return record.boot === bootId() ? (record as unknown as Attachment) : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function recordOf(sr: string): string {
  return join(recordDirectory(), `${fileNameFor(sr)}.json`)
}

function recordDirectory(): string {
  return runDirectory('volume', 'file')
}
