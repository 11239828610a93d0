/** An attached SR, as every call on it and its volumes begins. */
import { type Attachments, attachmentsOf } from '../sr/attachments.ts'
import { SrUnreachableError } from '../sr/errors.ts'
import type { Locks } from '../sr/locks.ts'
import type { DirectoryAttachment, RepositoryDriver } from './driver.ts'
import { type Identity, readIdentity } from './identity.ts'

/** A directory of images, whether or not it is an SR yet. */
export interface Directory {
  readonly directory: string
  readonly locks: Locks
}

/** An SR that is attached and there. */
export interface Repository extends Directory {
  readonly attachment: DirectoryAttachment
  readonly identity: Identity
  /** The URI of an image. */
  imageUri(fileName: string): string
}

/** The records of the SRs that a plugin has attached. */
export function attachmentsFor(driver: RepositoryDriver): Attachments<DirectoryAttachment> {
  return attachmentsOf(driver.plugin, { directory: 'string' })
}

/**
 * Opens an SR for a call on its volumes.
 * @throws PluginError Sr_not_attached
 * @throws SrUnreachableError where its directory has vanished, holds another SR, or is being destroyed
 */
export function openRepository(driver: RepositoryDriver, sr: string): Promise<Repository> {
  return repositoryAt(driver, attachmentsFor(driver).of(sr))
}

/** Opens an attached SR. */
export async function repositoryAt(driver: RepositoryDriver, attachment: DirectoryAttachment): Promise<Repository> {
  const identity = await readIdentityOf(driver, attachment)
  return refuseDestroyed({
    attachment,
    directory: attachment.directory,
    locks: driver.locks,
    identity,
    imageUri: (fileName) => driver.imageUri(attachment, fileName),
  })
}

/**
 * Checks, when a lock has been waited for, that the SR is still there.
 * @throws SrUnreachableError
 */
export function checkRepository(repository: Repository): Repository {
  return refuseDestroyed({ ...repository, identity: identityAt(repository.attachment) })
}

/**
 * The identity of an attached SR, also while it is being destroyed.
 * @throws SrUnreachableError where its directory has vanished or holds another SR
 */
export async function readIdentityOf(driver: RepositoryDriver, attachment: DirectoryAttachment): Promise<Identity> {
  await driver.check?.(attachment)
  return identityAt(attachment)
}

function identityAt({ directory, uuid }: DirectoryAttachment): Identity {
  const identity = readIdentity(directory)
  if (identity === undefined) {
    throw new SrUnreachableError(`there is no SR in ${directory} any more: is its file system mounted?`)
  }
  if (identity.uuid === uuid) return identity
  throw new SrUnreachableError(`${directory} holds the SR ${identity.uuid} now, not ${uuid}`)
}

function refuseDestroyed(repository: Repository): Repository {
  if (!repository.identity.destroying) return repository
  throw new SrUnreachableError(`the SR in ${repository.directory} is being destroyed; repeat SR.destroy to finish it`)
}
