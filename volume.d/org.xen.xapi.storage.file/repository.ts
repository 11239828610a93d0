/** An attached SR, as every call on it and its volumes begins. */
import { type Attachment, attachmentOf } from './attachment.ts'
import { type Identity, readIdentity } from './identity.ts'

/** An SR that is attached and there. */
export interface Repository extends Attachment {
  readonly identity: Identity
}

/** An SR that is attached, but whose directory cannot be used at the moment. */
export class SrUnreachableError extends Error {
  override readonly name = 'SrUnreachableError'
}

/**
 * Opens an SR for a call on its volumes.
 * @throws PluginError Sr_not_attached
 * @throws SrUnreachableError where its directory has vanished, holds another SR, or is being destroyed
 */
export function openRepository(sr: string): Repository {
  return checkRepository(attachmentOf(sr))
}

/** Checks that an attached SR is still there. */
export function checkRepository(attachment: Attachment): Repository {
  const identity = readIdentityOf(attachment)
  if (identity.destroying) {
    throw new SrUnreachableError(`the SR in ${attachment.directory} is being destroyed; repeat SR.destroy to finish it`)
  }
  return { ...attachment, identity }
}

/**
 * The identity of an attached SR, also while it is being destroyed.
 * @throws SrUnreachableError where its directory has vanished or holds another SR
 */
export function readIdentityOf({ directory, uuid }: Attachment): Identity {
  const identity = readIdentity(directory)
  if (identity === undefined) {
    throw new SrUnreachableError(`there is no SR in ${directory} any more: is its file system mounted?`)
  }
  if (identity.uuid === uuid) return identity
  throw new SrUnreachableError(`${directory} holds the SR ${identity.uuid} now, not ${uuid}`)
}
