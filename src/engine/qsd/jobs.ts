/**
 * Long operations of the daemon: mirror and backup of an activated disk to an NBD server. They run in the daemon, so they
 * outlive the process that starts them, and the daemon remembers how each ended until it is dismissed.
 */

import { randomUuid } from '../identifiers.ts'
import { waitUntil } from './daemon-process.ts'
import type { SocketAddress } from './description.ts'
import { nodeNames } from './nodes.ts'
import { isObject, type Qmp, type QmpObject } from './qmp.ts'
import { QmpError } from './qmp-error.ts'
import { remove, removeBitmap, removeNode } from './undo.ts'

/** A job waits for a target that does not answer. */
export class JobStuckError extends Error {
  override readonly name = 'JobStuckError'
}

/** Milliseconds for a job to end after it was told to; a mirror in sync has next to nothing left to write. */
const PATIENCE = 30_000

/** `mirror`: the whole content and all new writes, until it is cancelled. `copy`: the content at the time of the start. */
export type JobKind = 'mirror' | 'copy'

/** An NBD export of at least the disk's size. */
export interface JobTarget {
  readonly server: SocketAddress
  readonly export: string
}

export interface JobStatus {
  readonly id: string
  readonly kind: JobKind
  /** From 0 to 1. */
  readonly progress: number
  /** A mirror that is in sync (target and source are the same from now on), or a copy that is done. */
  readonly complete: boolean
  /** Why the job failed; undefined where it did not. */
  readonly failure?: string
}

const COMMANDS: Readonly<Record<JobKind, { readonly name: string; readonly options: QmpObject }>> = {
  // Each write goes to the target before it is acknowledged once the job has come past it: in sync stays in sync.
  mirror: { name: 'blockdev-mirror', options: { 'copy-mode': 'write-blocking' } },
  copy: { name: 'blockdev-backup', options: {} },
}

const KINDS: Readonly<Record<string, JobKind>> = { mirror: 'mirror', backup: 'copy' }

/**
 * Starts a job and returns at once, with its id.
 * @param disk id of a disk that is activated
 * @param options the job's id, of newJobId; whether a bitmap of that name, which goes with the job, marks what to copy
 * @throws QmpError where the target cannot be reached or is too small
 */
export async function startJob(
  qmp: Qmp,
  disk: string,
  kind: JobKind,
  target: JobTarget,
  options: { readonly id?: string; readonly marked?: boolean } = {},
): Promise<string> {
  const { id = newJobId(disk), marked = false } = options
  const command = COMMANDS[kind]
  try {
    await qmp.execute('blockdev-add', { driver: 'nbd', 'node-name': targetNode(id), ...target })
    await qmp.execute(command.name, {
      'job-id': id,
      device: nodeNames(disk).top,
      target: targetNode(id),
      ...(marked ? { sync: 'bitmap', 'bitmap-mode': 'never', bitmap: id } : { sync: 'full' }),
      'auto-dismiss': false,
      'on-target-error': 'report',
      ...command.options,
    })
  } catch (error) {
    await forget(qmp, id)
    throw error
  }
  return id
}

/** The jobs of a disk, or of all disks of the daemon. */
export async function listJobs(qmp: Qmp, disk?: string): Promise<readonly JobStatus[]> {
  const jobs = await queryJobs(qmp)
  return jobs.flatMap((job) => {
    const status = statusOf(job)
    return status !== undefined && (disk === undefined || status.id.startsWith(`${disk}-`)) ? [status] : []
  })
}

/** How a job is; undefined where the daemon knows none of that id, because it was dismissed or the daemon has died. */
export async function jobStatus(qmp: Qmp, id: string): Promise<JobStatus | undefined> {
  return (await listJobs(qmp)).find((job) => job.id === id)
}

/**
 * Ends a job and waits for its end. What a mirror that is in sync leaves is a consistent copy; what another leaves is
 * not. It stays in the list, as cancelled or complete, until it is dismissed; the source goes on undisturbed.
 * @param patience milliseconds
 * @throws JobStuckError where its target does not answer; it ends when the connection to the target does
 */
export async function cancelJob(qmp: Qmp, id: string, patience = PATIENCE): Promise<void> {
  const job = (await queryJobs(qmp)).find((found) => found.id === id)
  if (job === undefined || isConcluded(job)) return
  // Without force, a mirror in sync finishes what is under way; with it, one that cannot get on ends all the same.
  try {
    await remove(qmp, 'block-job-cancel', { device: id, force: job.status !== 'ready' })
  } catch (error) {
    // It came to its end by itself since it was asked for.
    if (!(error instanceof QmpError && /cannot accept command verb/.test(error.description))) throw error
  }
  const ended = await waitUntil(async () => {
    const now = (await queryJobs(qmp)).find((found) => found.id === id)
    return now === undefined || isConcluded(now)
  }, patience)
  if (!ended) throw new JobStuckError(`the job ${id} does not end: its target does not answer`)
}

/**
 * Forgets a job that has ended. It is no error where there is none.
 * @throws QmpError where it has not ended
 */
export async function dismissJob(qmp: Qmp, id: string): Promise<void> {
  await remove(qmp, 'job-dismiss', { id })
  await forget(qmp, id)
}

/** Ends and forgets all jobs of a disk. */
export async function endJobs(qmp: Qmp, disk: string): Promise<void> {
  for (const { id } of await listJobs(qmp, disk)) {
    await cancelJob(qmp, id)
    await dismissJob(qmp, id)
  }
}

/** An id for a job of a disk. */
export function newJobId(disk: string): string {
  return `${disk}-${randomUuid().slice(0, 8)}`
}

/** Removes what was made for a job. */
async function forget(qmp: Qmp, id: string): Promise<void> {
  await removeNode(qmp, targetNode(id))
  const [disk = id] = id.split('-')
  await removeBitmap(qmp, nodeNames(disk).top, id)
}

async function queryJobs(qmp: Qmp): Promise<readonly QmpObject[]> {
  const jobs = await qmp.execute('query-jobs')
  return Array.isArray(jobs) ? jobs.filter(isObject) : []
}

function statusOf(job: QmpObject): JobStatus | undefined {
  const kind = KINDS[String(job.type)]
  if (kind === undefined) return undefined
  const { error } = job
  const total = Number(job['total-progress'])
  return {
    id: String(job.id),
    kind,
    progress: total > 0 ? Math.min(1, Number(job['current-progress']) / total) : 0,
    complete: error === undefined && (kind === 'mirror' ? job.status === 'ready' : isConcluded(job)),
    ...(error === undefined ? {} : { failure: String(error) }),
  }
}

function isConcluded(job: QmpObject): boolean {
  return job.status === 'concluded'
}

function targetNode(job: string): string {
  return `${job}-to`
}
