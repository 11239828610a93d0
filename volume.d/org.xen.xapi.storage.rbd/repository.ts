/** An attached SR, as every call on it and its volumes begins. */
import { dirname, join } from 'node:path'
import { parseSrUri, placeName, type SrLocation } from '../../src/engine/ceph/location.ts'
import { type CephSession, withSession } from '../../src/engine/ceph/session.ts'
import { type Attachment, attachmentsOf } from '../../src/engine/sr/attachments.ts'
import { SrUnreachableError } from '../../src/engine/sr/errors.ts'
import { type Identity, parseIdentity, SR_KEY } from './records.ts'
import { readRecords } from './transaction.ts'

/** An SR that is attached on this host. */
export interface PoolAttachment extends Attachment {
  /** Set when SR.destroy begins, so that a repeated call knows what to finish when nothing of the SR is left. */
  readonly destroying?: { readonly made_namespace: boolean }
}

/** Which SRs are attached on this host; the handle is the URI of the SR. */
export const ATTACHMENTS = attachmentsOf<PoolAttachment>('rbd')

/** The program in Python beside the plugin: a directory with a `__main__.py`. */
export const HELPER = join(dirname(process.argv[1] ?? ''), 'cluster')

/** An SR that is attached, and connected to. */
export interface Repository {
  readonly attachment: PoolAttachment
  readonly location: SrLocation
  readonly session: CephSession
}

/**
 * Runs a body with an attached SR. Whether the SR is still there is for the body to check, see {@link checkIdentity}.
 * @throws PluginError Sr_not_attached
 * @throws ServerUnreachableError
 */
export function withRepository<T>(
  sr: string,
  body: (repository: Repository) => Promise<T>,
  options?: { readonly patience?: number },
): Promise<T> {
  const attachment = ATTACHMENTS.of(sr)
  const location = parseSrUri(attachment.sr)
  return withSession(HELPER, location, (session) => body({ attachment, location, session }), options)
}

/**
 * The identity of an attached SR, also while it is being destroyed.
 * @throws SrUnreachableError where the SR has vanished, or another one is there
 */
export function knownIdentity({ attachment, location }: Repository, identity: Identity | undefined): Identity {
  const place = placeName(location)
  if (identity === undefined) throw new SrUnreachableError(`there is no SR in ${place} any more`)
  if (identity.uuid === attachment.uuid) return identity
  throw new SrUnreachableError(`${place} holds the SR ${identity.uuid} now, not ${attachment.uuid}`)
}

/**
 * The identity of an attached SR that can be used.
 * @throws SrUnreachableError also where the SR is being destroyed
 */
export function checkIdentity(repository: Repository, found: Identity | undefined): Identity {
  const identity = knownIdentity(repository, found)
  if (!identity.destroying) return identity
  throw new SrUnreachableError(
    `the SR in ${placeName(repository.location)} is being destroyed; repeat SR.destroy to finish it`,
  )
}

/** The identity of an SR; undefined where there is none. */
export async function readIdentity(session: CephSession): Promise<Identity | undefined> {
  const [[, text] = ['', '']] = await readRecords(session, [SR_KEY])
  return text === '' ? undefined : parseIdentity(text)
}
