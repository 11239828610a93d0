/**
 * What an operation writes to: an NBD client in a daemon of the operation's own, which the disk's daemon writes to.
 *
 * A daemon does nothing else while it connects to a server. Were the disk's daemon to connect to a target that does not
 * answer, all its disks would wait; were the target, by whatever detour, a disk of the same daemon, they would wait for
 * ever.
 */
import { existsSync } from 'node:fs'
import type { NbdAddress } from '../nbd-uri.ts'
import { reachServer } from '../server.ts'
import { abandon, stop, withDaemonLock } from './daemon.ts'
import { activateDisk, attachDisk, type Disk, diskOf } from './disk.ts'
import type { JobTarget } from './jobs.ts'
import type { DiskDescription } from './nodes.ts'

/**
 * Connects the target of a job, and gives where the disk's daemon finds it.
 * @throws ServerUnreachableError, QmpError
 */
export async function attachTarget(job: string, { server, export: name }: NbdAddress): Promise<JobTarget> {
  if (server.type === 'inet') await reachServer({ host: server.host, port: Number(server.port) })
  const description: DiskDescription = {
    protocol: { driver: 'nbd', server, export: name },
    format: 'raw',
    readOnly: false,
    cache: 'writeback',
    discard: 'unmap',
    detectZeroes: 'off',
  }
  const target = targetOf(job)
  await attachDisk(target, description, ['nbd'])
  await activateDisk(target, description, ['nbd'], 'read-write')
  return { server: { type: 'unix', path: target.daemon.nbdSocket }, export: target.id }
}

/** Ends the connection to the target of a job; it is no error where there is none. */
export async function detachTarget(job: string): Promise<void> {
  const { daemon } = targetOf(job)
  if (existsSync(daemon.directory)) await withDaemonLock(daemon, () => stop(daemon))
}

/** Cuts the connection to the target of a job, which does not answer. */
export async function abandonTarget(job: string): Promise<void> {
  const { daemon } = targetOf(job)
  await withDaemonLock(daemon, () => abandon(daemon))
}

function targetOf(job: string): Disk {
  return diskOf(`target of ${job}`, job)
}
