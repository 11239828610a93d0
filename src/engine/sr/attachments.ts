/**
 * Which SRs of a plugin are attached on this host. SR.attach leaves a record outside the storage, so that a call on a
 * detached SR can be refused, and the handle of storage that has vanished can still be detached. A record from before
 * the host started last does not count.
 */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringifyJson } from '../../contract/json.ts'
import { errors } from '../../kit/index.ts'
import { removeRunFile, replaceRunFile } from '../atomic-file.ts'
import { bootId, fileNameFor, runDirectory } from '../run-directory.ts'
import { errnoOf } from '../storage-error.ts'
import { readRecord } from './record-file.ts'

/** An SR that is attached on this host; a plugin adds what it has to know to find the storage again. */
export interface Attachment {
  /** The handle. */
  readonly sr: string
  readonly uuid: string
}

/** The records of one plugin. */
export interface Attachments<A extends Attachment> {
  /** Records that an SR is attached, also where several processes do so at once. */
  record(attachment: A): void
  /** Forgets an attachment; it is no error where there is none. */
  forget(sr: string): void
  /** The attachment of a handle; undefined where the SR is not attached. */
  find(sr: string): A | undefined
  /**
   * The attachment of a handle.
   * @throws PluginError Sr_not_attached
   */
  of(sr: string): A
  all(): readonly A[]
}

/**
 * The records of a plugin, in the directory `volume/PLUGIN` of the run directory. They may hold no secrets.
 * @param members what the plugin adds: name → type of the value, see readRecord
 */
export function attachmentsOf<A extends Attachment>(
  plugin: string,
  members: Readonly<Record<string, string>> = {},
): Attachments<A> {
  const directory = (): string => runDirectory('volume', plugin)
  const fileOf = (sr: string): string => join(directory(), `${fileNameFor(sr)}.json`)

  function read(path: string): A | undefined {
    try {
      const record = readRecord(path, { sr: 'string', uuid: 'string', boot: 'string', ...members })
      return record.boot === bootId() ? (record as unknown as A) : undefined
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    }
  }

  const find = (sr: string): A | undefined => read(fileOf(sr))
  return {
    record(attachment) {
      // Not every plugin has a lock on this host, and an SR may be attached twice at once.
      const text = stringifyJson({ ...attachment, boot: bootId() })
      replaceRunFile(fileOf(attachment.sr), (temporary) => writeFileSync(temporary, text, { mode: 0o600 }))
    },
    forget: (sr) => removeRunFile(fileOf(sr)),
    find,
    of(sr) {
      const attachment = find(sr)
      if (attachment === undefined) throw errors.srNotAttached(sr)
      return attachment
    },
    all: () =>
      readdirSync(directory())
        .filter((name) => name.endsWith('.json'))
        .sort()
        .flatMap((name) => read(join(directory(), name)) ?? []),
  }
}
