/**
 * Data.copy of a disk that the kernel serves: a daemon reads the same file beside the loop device. That is a copy of one
 * moment only while nobody writes, so the disk must not be activated for writing, and where it is meanwhile, the copy
 * ends as failed. What the kernel writes no daemon sees: a mirror is not possible this way.
 */
import { describeDisk, readOptions } from '../../src/engine/disk-options.ts'
import { parseDiskUri } from '../../src/engine/disk-uri.ts'
import { dataMethods } from '../../src/engine/qsd/data.ts'
import { detachTargets, endOperations } from '../../src/engine/qsd/data-operations.ts'
import { activateDisk, attachDisk, type Disk, detachDisk, diskOf } from '../../src/engine/qsd/disk.ts'
import { readState } from '../../src/engine/qsd/disk-state.ts'
import type { ClassMethods } from '../../src/kit/index.ts'
import { accessTo, OWN_OPTIONS, parseDisk } from './disk.ts'
import { quiescentDisk } from './kernel.ts'

const data = dataMethods({
  disk: readerOf,
  targetPatience: (uri) => readOptions(parseDiskUri(uri), OWN_OPTIONS).targetTimeout,
})

/** @throws LifeCycleError where somebody writes to the disk, or it is not activated for the domain */
export const copy: ClassMethods<'Data'>['copy'] = async (params, context) => {
  const { uri, domain } = params
  const { realPath, path } = quiescentDisk(uri, domain)
  const { kind } = accessTo(parseDisk(uri))
  const protocol = { driver: kind === 'block' ? 'host_device' : 'file', filename: realPath } as const
  // Through the page cache, which the loop device shares or invalidates.
  const storage = { protocol, path, format: 'raw', readOnly: true, cache: 'writeback' } as const
  const description = { ...describeDisk(storage, readOptions(parseDiskUri(uri), OWN_OPTIONS)), cache: storage.cache }
  const reader = readerOf(uri)
  await attachDisk(reader, description, ['nbd'])
  try {
    await activateDisk(reader, description, ['nbd'], 'read-only')
    // Again: who activates it from now on finds the reader, see endCopies.
    quiescentDisk(uri, domain)
    return await data.copy(params, context)
  } catch (error) {
    await endCopies(uri)
    throw error
  }
}

/** Whether a daemon reads the disk for copies. */
export function hasCopies(uri: string): boolean {
  const { daemon, id } = readerOf(uri)
  return readState(daemon, id) !== undefined
}

/** Ends the copies of a disk; those that are not complete have failed. It is no error where there are none. */
export async function endCopies(uri: string): Promise<void> {
  if (!hasCopies(uri)) return
  const reader = readerOf(uri)
  await endOperations(reader)
  await detachDisk(reader)
  await detachTargets(reader)
}

function readerOf(uri: string): Disk {
  return diskOf('file', `copy of ${parseDisk(uri).realPath}`)
}
