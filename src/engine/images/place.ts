/** The directory of an SR before it is one, and after. */
import { accessSync, constants, mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errors } from '../../kit/index.ts'
import { syncPath } from '../atomic-file.ts'
import { SrNotCreatedError } from '../sr/errors.ts'
import { errnoOf, storageError } from '../storage-error.ts'
import type { Location } from './driver.ts'
import { readIdentity } from './identity.ts'
import { readContents } from './layout.ts'

/**
 * Makes the directory unless it exists, and says whether it did. Parents are not made: a missing one is a typing error,
 * or a file system that is not mounted.
 */
export function makeDirectory(directory: string): boolean {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return false
  try {
    mkdirSync(directory, 0o755)
    syncPath(dirname(directory))
    return true
  } catch (error) {
    throw storageError(error)
  }
}

/** @throws PluginError SR_does_not_exist where there is no directory */
export function refuseMissing({ sr }: Location, directory: string): void {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw errors.srDoesNotExist(sr)
}

/** Whether files can be made in a directory. */
export function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch (error) {
    if (['EROFS', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) return false
    throw error
  }
}

/** @throws SrNotCreatedError where a directory holds anything but ISO images, saying what */
export function refuseOccupied(directory: string): void {
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

/** What is not ours stays, and the directory with it; so does the root of a mounted file system. */
export function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EBUSY', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error
  }
}
