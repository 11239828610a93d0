/** Copies of disk images that take no more space than needed. */
import { chmodSync, constants, copyFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { errors } from '../kit/index.ts'
import { isSmbnetfs, removeFile, syncPath } from './atomic-file.ts'
import type { Lock } from './lock.ts'
import { errnoOf, storageError } from './storage-error.ts'
import { runTool, ToolError } from './tool.ts'

/** How a copy was made: sharing all blocks with its source at one instant, or block by block over some time. */
export type CopyMethod = 'reflink' | 'copy'

/**
 * What FICLONE (ioctl_ficlone(2)) answers where the file system or the pair of files cannot share blocks. An error of
 * the device will be met again.
 */
const NO_REFLINK = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY', 'EINVAL', 'EXDEV', 'EPERM', 'EBADF', 'EIO'])

/** What coreutils print, in the C locale, for ENOSPC and EDQUOT. */
const NO_SPACE = /No space left on device|Disk quota exceeded/

/**
 * Copies an open image into a new file: by reflink where the file system has it, else block by block, leaving holes
 * where the source has holes or zeros. The copy is durable when it returns; where it fails, nothing is left.
 * @param source descriptor open for reading; that it has a name is not needed
 * @param mode permission bits of the copy
 * @param held lock on the destination: the tool that copies keeps it should this process be killed
 * @param verify called when blocks had to be copied, which takes time; where it throws, the copy has failed
 * @throws PluginError SR_BACKEND_FAILURE_44 where there is no space
 */
export function copyImage(
  source: number,
  destination: string,
  mode: number,
  held: Lock,
  verify: () => void = () => {},
): CopyMethod {
  try {
    const method = reflink(source, destination) ? 'reflink' : sparseCopy(source, destination, held)
    if (method === 'copy') verify()
    chmodSync(destination, mode)
    syncPath(destination)
    return method
  } catch (error) {
    removeFile(destination)
    throw storageError(error)
  }
}

function reflink(source: number, destination: string): boolean {
  removeFile(destination)
  // It has none, and takes four seconds to refuse the change of the size that comes first: see sparseCopy.
  if (isSmbnetfs(dirname(destination))) return false
  try {
    copyFileSync(`/proc/self/fd/${source}`, destination, constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch (error) {
    if (NO_REFLINK.has(errnoOf(error) ?? '')) return false
    throw error
  }
}

function sparseCopy(source: number, destination: string, held: Lock): CopyMethod {
  removeFile(destination)
  try {
    const path = `/proc/${process.pid}/fd/${source}`
    // smbnetfs changes the size only of files that are open for reading as well, which cp does not do.
    if (isSmbnetfs(dirname(destination))) {
      runTool('qemu-img', ['convert', '-U', '-f', 'raw', '-O', 'raw', path, destination], held.descriptor)
    } else runTool('cp', ['--reflink=never', '--sparse=always', '--', path, destination], held.descriptor)
    return 'copy'
  } catch (error) {
    if (error instanceof ToolError && NO_SPACE.test(error.stderr)) throw errors.noSpace(error.message)
    throw error
  }
}
