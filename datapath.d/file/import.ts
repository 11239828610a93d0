/**
 * Datapath.import_activate of a disk that the kernel serves: NBD needs a daemon, which opens the same file beside the
 * loop device for as long as the disk is activated.
 */

import { describeDisk, readOptions } from '../../src/engine/disk-options.ts'
import { parseDiskUri } from '../../src/engine/disk-uri.ts'
import { LifeCycleError } from '../../src/engine/qsd/datapath.ts'
import { endImportServer, startImportServer } from '../../src/engine/qsd/datapath-import.ts'
import { activateDisk, attachDisk, type Disk, detachDisk, diskOf } from '../../src/engine/qsd/disk.ts'
import { readState } from '../../src/engine/qsd/disk-state.ts'
import { accessTo, OWN_OPTIONS, parseDisk } from './disk.ts'
import { activatedDisk } from './kernel.ts'

/** Gives the path of the socket, see datapath-import.ts. */
export async function importActivate(uri: string, domain: string): Promise<string> {
  const { realPath, path } = activatedDisk(uri, domain)
  const { kind, readOnly } = accessTo(parseDisk(uri))
  if (readOnly) throw new LifeCycleError(`${path} is read-only`)
  const protocol = { driver: kind === 'block' ? 'host_device' : 'file', filename: realPath } as const
  // Through the page cache, which the loop device shares or invalidates.
  const storage = { protocol, path, format: 'raw', cache: 'writeback' } as const
  const description = { ...describeDisk(storage, readOptions(parseDiskUri(uri), OWN_OPTIONS)), cache: storage.cache }
  const disk = importDisk(uri)
  const address = await attachDisk(disk, description, ['nbd'])
  await activateDisk(disk, description, ['nbd'], 'read-write')
  if (address.nbd === undefined) throw new Error(`${path} has no NBD export`)
  return await startImportServer(disk.id, address.nbd)
}

/** Ends the import of a disk; it is no error where there is none. */
export async function endImport(uri: string): Promise<void> {
  const disk = importDisk(uri)
  if (readState(disk.daemon, disk.id) === undefined) return
  await endImportServer(disk.id)
  await detachDisk(disk)
}

function importDisk(uri: string): Disk {
  return diskOf('file', `import ${parseDisk(uri).realPath}`)
}
