/** An attached SR, as every call on it and its volumes begins. */
import type { Disk } from '../qsd/disk.ts'
import { type Attachments, attachmentsOf } from '../sr/attachments.ts'
import { SrReadOnlyError, SrUnreachableError } from '../sr/errors.ts'
import type { Locks } from '../sr/locks.ts'
import type { DirectoryAttachment, RepositoryDriver } from './driver.ts'
import type { VolumeFormat } from './format.ts'
import { type Identity, isoIdentity, readIdentity } from './identity.ts'

/** A directory of images, whether or not it is an SR yet. */
export interface Directory {
  readonly directory: string
  readonly locks: Locks
}

/** An SR that is attached and there. */
export interface Repository extends Directory {
  readonly driver: RepositoryDriver
  readonly attachment: DirectoryAttachment
  readonly identity: Identity
  /** The format of new volumes. */
  readonly format: VolumeFormat
  /** The URI of an image. */
  imageUri(fileName: string): string
  /** The disks that the datapath of this host has of an image: itself, and what makes its block device. */
  localDisk(fileName: string): { readonly disk: Disk; readonly front: Disk } | undefined
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

/**
 * Opens an SR for a call that changes something.
 * @throws SrReadOnlyError, and what openRepository throws
 */
export async function openForChange(driver: RepositoryDriver, sr: string): Promise<Repository> {
  const repository = await openRepository(driver, sr)
  if (repository.attachment.read_only) throw new SrReadOnlyError(`${repository.directory} can only be read`)
  return repository
}

/** Opens an attached SR. */
export async function repositoryAt(driver: RepositoryDriver, attachment: DirectoryAttachment): Promise<Repository> {
  const identity = await readIdentityOf(driver, attachment)
  const imageUri = (fileName: string): string => driver.imageUri(attachment, fileName)
  return refuseDestroyed({
    driver,
    attachment,
    directory: attachment.directory,
    locks: driver.locks,
    identity,
    format: identity.image_format ?? 'raw',
    imageUri,
    localDisk: (fileName) => driver.localDisk?.(imageUri(fileName)),
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

function identityAt({ directory, uuid, isos }: DirectoryAttachment): Identity {
  const identity = isos ? isoIdentity(directory, uuid) : readIdentity(directory)
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
