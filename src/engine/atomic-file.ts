/**
 * Files that are replaced as a whole: after a crash or a power failure at any instant a reader finds the old content
 * or the new one, never a mixture and never an empty file.
 *
 * The temporary file has a fixed name, so that what a killed writer left is overwritten by the next one: writers of one
 * file must hold a lock on it.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { storageError } from './storage-error.ts'

/** What is appended to a file's name while it is being written. */
export const TEMPORARY_SUFFIX = '.tmp'

/**
 * Replaces or creates a file; durable when it returns.
 * @param mode permission bits, independent of the umask only where it removes none of them
 * @throws PluginError SR_BACKEND_FAILURE_44 where there is no space; the old file is untouched, and nothing is left
 */
export function writeFileAtomic(path: string, content: string, mode = 0o600): void {
  const temporary = path + TEMPORARY_SUFFIX
  try {
    const descriptor = openSync(temporary, 'w', mode)
    try {
      writeFileSync(descriptor, content)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw storageError(error)
  }
  syncPath(dirname(path))
}

/** Makes a file's content, or the names in a directory, survive a power failure. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
