/**
 * Operations of the Data class: each is a job of a daemon, and a file that says which. The file outlives the daemon, so
 * that an operation whose daemon has died is known to have failed, and remembers how a job ended that had to end before
 * somebody asked: with the deactivation of its disk.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Result } from '../../kit/index.ts'
import { writeFileAtomic } from '../atomic-file.ts'
import { notice } from '../notice.ts'
import { runDirectory } from '../run-directory.ts'
import { errnoOf } from '../storage-error.ts'
import { daemonOf, runningPid } from './daemon.ts'
import { abandonTarget, detachTarget, hasTarget } from './data-target.ts'
import type { Disk } from './disk.ts'
import { cancelJob, type JobStatus, JobStuckError, jobStatus } from './jobs.ts'
import { type Qmp, withQmp } from './qmp.ts'
import { QmpConnectionError } from './qmp-error.ts'

export type Operation = Result<'Data.ls'>[number]
export type Status = Result<'Data.stat'>

/** What is remembered of an operation. */
export interface OperationRecord {
  readonly operation: Operation
  /** The daemon of the job, see daemon.ts. */
  readonly group: string
  /** How it ended; undefined where the daemon knows. */
  readonly outcome?: Status
}

/** There is no such operation. */
export class OperationError extends Error {
  override readonly name = 'OperationError'
}

/** Remembers an operation whose job has been started. */
export function recordOperation(record: OperationRecord): Operation {
  writeFileAtomic(fileOf(record.operation[1]), JSON.stringify(record))
  return record.operation
}

/** The operations of this plugin, or of a disk. */
export function recordedOperations(disk?: Disk): readonly OperationRecord[] {
  return readdirSync(directory())
    .filter((name) => name.endsWith(EXTENSION) && (disk === undefined || name.startsWith(`${disk.id}-`)))
    .flatMap((name) => read(join(directory(), name)) ?? [])
}

/** What is remembered of an operation; undefined where there is none. */
export function findOperation([kind, id]: Operation): OperationRecord | undefined {
  if (!/^[a-z0-9-]+$/.test(id)) return undefined
  const record = read(fileOf(id))
  return record?.operation[0] === kind ? record : undefined
}

export function forgetOperation([, id]: Operation): void {
  rmSync(fileOf(id), { force: true })
}

/** How an operation is. One that its daemon knows nothing of has failed. */
export async function statusOf(record: OperationRecord): Promise<Status> {
  if (record.outcome !== undefined) return record.outcome
  const status = await inDaemon(record, (qmp) => jobStatus(qmp, record.operation[1]))
  if (status?.failure !== undefined) notice(`${record.operation[1]}: ${status.failure}`)
  if (status === undefined) return FAILED
  // A mirror of a disk that nobody writes does not notice that its target has gone.
  return status.kind === 'mirror' && !hasTarget(record.operation[1]) ? FAILED : fromJob(status)
}

/** Ends the operations of a disk that is being deactivated, and remembers how they ended. */
export async function endOperations(disk: Disk): Promise<void> {
  for (const record of recordedOperations(disk)) if (record.outcome === undefined) await endOperation(record)
}

/**
 * Ends an operation, and remembers how it ended: with success only if it was complete. Where its target does not answer,
 * the source's writes wait for it; then the connection to the target is cut.
 */
export async function endOperation(record: OperationRecord): Promise<void> {
  await settle(record)
  try {
    await inDaemon(record, (qmp) => cancelJob(qmp, record.operation[1], TARGET_PATIENCE), TARGET_PATIENCE)
  } catch (error) {
    // A daemon that ends a mirror does nothing else until the last write has arrived.
    if (!(error instanceof JobStuckError || error instanceof QmpConnectionError)) throw error
    await cut(record)
  }
}

/**
 * Cuts the connections to the targets of a disk's operations, which fails them and lets the disk go on.
 * @returns whether there were any
 */
export async function cutOperations(disk: Disk): Promise<boolean> {
  const running = recordedOperations(disk).filter(({ outcome }) => outcome === undefined)
  for (const record of running) await cut(record)
  return running.length > 0
}

async function cut(record: OperationRecord): Promise<void> {
  const [, job] = record.operation
  recordOperation({ ...record, outcome: FAILED })
  await abandonTarget(job)
  await inDaemon(record, (qmp) => cancelJob(qmp, job))
}

/** Ends the connections to the targets of a disk's operations, which have ended. */
export async function detachTargets(disk: Disk): Promise<void> {
  for (const { operation } of recordedOperations(disk)) await detachTarget(operation[1])
}

async function settle(record: OperationRecord): Promise<void> {
  if (record.outcome !== undefined) return
  const { complete, progress } = await statusOf(record)
  const outcome = { failed: !complete, complete, ...(progress === undefined ? {} : { progress }) }
  recordOperation({ ...record, outcome })
}

/**
 * Runs a body with a connection to the daemon of an operation; undefined where it does not run.
 * @param patience milliseconds that the daemon has for each answer
 */
export async function inDaemon<T>(
  { group }: OperationRecord,
  body: (qmp: Qmp) => Promise<T>,
  patience?: number,
): Promise<T | undefined> {
  const daemon = daemonOf(group)
  try {
    return await withQmp(daemon.qmpSocket, body, patience, patience)
  } catch (error) {
    if (error instanceof QmpConnectionError && runningPid(daemon) === undefined) return undefined
    throw error
  }
}

/** Milliseconds for a job to end by itself after it was told to. */
const TARGET_PATIENCE = 5_000

const FAILED: Status = { failed: true, complete: false }

function fromJob({ failure, complete, progress }: JobStatus): Status {
  return { failed: failure !== undefined, complete, progress }
}

const EXTENSION = '.json'

function fileOf(id: string): string {
  return join(directory(), id + EXTENSION)
}

/** Each plugin lists its own operations: it is known by its directory, which is its scheme. */
function directory(): string {
  return runDirectory('operations', basename(dirname(process.argv[1] ?? '')))
}

function read(file: string): OperationRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as OperationRecord
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
