/** The methods of class SR, except SR.probe. */
import { existsSync, mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Params, Result } from '../../src/contract/methods.ts'
import { syncPath } from '../../src/engine/atomic-file.ts'
import { formatFileUri } from '../../src/engine/file-uri.ts'
import { withLock } from '../../src/engine/lock.ts'
import { errnoOf, storageError } from '../../src/engine/storage-error.ts'
import { errors } from '../../src/kit/index.ts'
import { type Attachment, attachmentOf, forgetAttachment, recordAttachment } from './attachment.ts'
import { type Configuration, completeConfiguration, directoryOf } from './configuration.ts'
import { type Identity, newIdentity, readIdentity, writeIdentity } from './identity.ts'
import { identityFile, readContents, srLockFile } from './layout.ts'
import { removeVolume, sweepLeftovers } from './leftovers.ts'
import { checkRepository, readIdentityOf } from './repository.ts'
import { describeSr, describeUnreachableSr } from './stat.ts'

/** A directory that cannot become an SR. */
class SrNotCreatedError extends Error {
  override readonly name = 'SrNotCreatedError'
}

/** A configuration that names another SR than the one that is there. */
class SrMismatchError extends Error {
  override readonly name = 'SrMismatchError'
}

export function create(params: Params<'SR.create'>): Result<'SR.create'> {
  const { configuration, uuid, name, description } = params
  const directory = directoryOf(configuration)
  const madeDirectory = makeDirectory(directory)
  try {
    refuseOccupied(directory)
    withLock(srLockFile(directory), (held) => {
      try {
        refuseOccupied(directory)
        writeIdentity(directory, newIdentity(uuid, name, description, madeDirectory))
      } catch (error) {
        if (!hasIdentity(directory)) held.remove()
        throw error
      }
    })
  } catch (error) {
    if (madeDirectory) removeIfEmpty(directory)
    throw error
  }
  return { ...completeConfiguration(configuration, directory, uuid) }
}

export function attach({ configuration }: Params<'SR.attach'>): Result<'SR.attach'> {
  const directory = directoryOf(configuration)
  const sr = formatFileUri(directory)
  // Before the lock as well, so that no lock file is made in a directory that is no SR.
  expectedIdentity(configuration, directory)
  withLock(srLockFile(directory), () => {
    const { uuid, destroying } = expectedIdentity(configuration, directory)
    if (!destroying) sweepLeftovers(directory)
    recordAttachment({ sr, directory, uuid })
  })
  return sr
}

export function detach({ sr }: Params<'SR.detach'>): null {
  forgetAttachment(sr)
  return null
}

/**
 * The identity and the attachment say first that the SR is being destroyed, and go last: a call that was killed can be
 * repeated, and nothing that it left looks like an SR with fewer volumes.
 */
export function destroy({ sr }: Params<'SR.destroy'>): null {
  const attachment = attachmentOf(sr)
  const { directory } = attachment
  let { destroying } = attachment
  if (destroying === undefined || hasIdentity(directory)) {
    destroying = { made_directory: readIdentityOf(attachment).made_directory }
    withLock(srLockFile(directory), () => {
      writeIdentity(directory, { ...readIdentityOf(attachment), destroying: true })
      recordAttachment({ ...attachment, ...(destroying === undefined ? {} : { destroying }) })
      removeVolumes(directory)
      rmSync(identityFile(directory))
      syncPath(directory)
    })
  }
  rmSync(srLockFile(directory), { force: true })
  if (destroying.made_directory) removeIfEmpty(directory)
  forgetAttachment(sr)
  return null
}

export function stat({ sr }: Params<'SR.stat'>): Result<'SR.stat'> {
  const attachment = attachmentOf(sr)
  try {
    return describeSr(sr, attachment.directory, readIdentityOf(attachment))
  } catch (error) {
    return describeUnreachableSr(attachment, error)
  }
}

export function setName({ sr, new_name }: Params<'SR.set_name'>): null {
  return changeIdentity(attachmentOf(sr), { name: new_name })
}

export function setDescription({ sr, new_description }: Params<'SR.set_description'>): null {
  return changeIdentity(attachmentOf(sr), { description: new_description })
}

function changeIdentity(attachment: Attachment, change: Partial<Identity>): null {
  checkRepository(attachment)
  withLock(srLockFile(attachment.directory), () => {
    writeIdentity(attachment.directory, { ...checkRepository(attachment).identity, ...change })
  })
  return null
}

/**
 * Makes the directory unless it exists, and says whether it did. Parents are not made: a missing one is a typing error,
 * or a file system that is not mounted.
 */
function makeDirectory(directory: string): boolean {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return false
  try {
    mkdirSync(directory, 0o755)
    syncPath(dirname(directory))
    return true
  } catch (error) {
    throw storageError(error)
  }
}

function refuseOccupied(directory: string): void {
  const identity = readIdentity(directory)
  if (identity !== undefined) {
    throw new SrNotCreatedError(
      `${directory} holds the SR ${identity.uuid} (${identity.name}) already; attach that, or name another directory`,
    )
  }
  const { foreign, volumes } = readContents(directory)
  if (volumes.size > 0) {
    throw new SrNotCreatedError(
      `${directory} holds volumes but no sr.json: restore that file, or name another directory`,
    )
  }
  if (foreign.length === 0) return
  const seen = foreign.slice(0, 3).join(', ') + (foreign.length > 3 ? ` and ${foreign.length - 3} more` : '')
  throw new SrNotCreatedError(`${directory} is not empty: it holds ${seen}; name an empty directory, or one to be made`)
}

function expectedIdentity(configuration: Configuration, directory: string): Identity {
  const identity = readIdentity(directory)
  if (identity === undefined) throw errors.srDoesNotExist(formatFileUri(directory))
  const expected = configuration.sr_uuid
  if (expected === undefined || expected === identity.uuid) return identity
  throw new SrMismatchError(`${directory} holds the SR ${identity.uuid}, not ${expected}`)
}

/** Removes every volume; one that is being made is waited for, and finds out that the SR is being destroyed. */
function removeVolumes(directory: string): void {
  for (let keys = allKeys(directory); keys.length > 0; keys = allKeys(directory)) {
    for (const key of keys) removeVolume(directory, key)
  }
}

function allKeys(directory: string): readonly string[] {
  return [...readContents(directory).volumes.keys()]
}

function hasIdentity(directory: string): boolean {
  return existsSync(identityFile(directory))
}

/** What is not ours stays, and the directory with it; so does the root of a mounted file system. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EBUSY', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error
  }
}
