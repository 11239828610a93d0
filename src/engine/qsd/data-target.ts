/**
 * What an operation writes to: an NBD client in a daemon of the operation's own, which the disk's daemon writes to.
 *
 * A daemon does nothing else while it connects to a server. Were the disk's daemon to connect to a target that does not
 * answer, all its disks would wait; were the target, by whatever detour, a disk of the same daemon, they would wait for
 * ever.
 */
import { existsSync } from 'node:fs'
import type { NbdTarget } from '../nbd-uri.ts'
import { reachServer } from '../server.ts'
import { abandon, runningPid, stop } from './daemon.ts'
import { withDaemonLock } from './daemon-lock.ts'
import { endWatch, watchTarget } from './data-target-watch.ts'
import type { DiskDescription } from './description.ts'
import { activateDisk, attachDisk, type Disk, diskOf } from './disk.ts'
import type { JobTarget } from './jobs.ts'

/**
 * Connects the target of a job, and gives where the disk's daemon finds it.
 * @param patience seconds that the target may be silent before the job fails
 * @throws ServerUnreachableError, QmpError
 */
export async function attachTarget(
  job: string,
  { server, export: name, tls }: NbdTarget,
  patience: number,
): Promise<JobTarget> {
  if (server.type === 'inet') await reachServer({ host: server.host, port: Number(server.port) })
  const description: DiskDescription = {
    protocol: {
      driver: 'nbd',
      server,
      export: name,
      ...(tls?.hostname === undefined ? {} : { 'tls-hostname': tls.hostname }),
    },
    ...(tls === undefined ? {} : { secrets: [tls.secret] }),
    format: 'raw',
    readOnly: false,
    cache: 'writeback',
    discard: 'unmap',
    detectZeroes: 'off',
  }
  const target = targetOf(job)
  await attachDisk(target, description, ['nbd'])
  await activateDisk(target, description, ['nbd'], 'read-write')
  const pid = runningPid(target.daemon)
  if (pid === undefined) throw new Error('the daemon of the target ended')
  await watchTarget(target, pid, patience)
  return { server: { type: 'unix', path: target.daemon.nbdSocket }, export: target.id }
}

/** Ends the connection to the target of a job; it is no error where there is none. */
export async function detachTarget(job: string): Promise<void> {
  const { daemon } = targetOf(job)
  if (!existsSync(daemon.directory)) return
  await withDaemonLock(daemon, async () => {
    await endWatch(daemon)
    await stop(daemon)
  })
}

/** Cuts the connection to the target of a job, which does not answer. */
export async function abandonTarget(job: string): Promise<void> {
  const { daemon } = targetOf(job)
  await withDaemonLock(daemon, async () => {
    await endWatch(daemon)
    await abandon(daemon)
  })
}

/** Whether the connection to the target of a job is there. */
export function hasTarget(job: string): boolean {
  return runningPid(targetOf(job).daemon) !== undefined
}

function targetOf(job: string): Disk {
  return diskOf(`target of ${job}`, job)
}
