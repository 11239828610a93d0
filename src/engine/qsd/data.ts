/**
 * The Data class (script protocol, section 7.5): mirror and copy of an activated disk to an NBD server. The jobs run in
 * the disk's daemon and outlive the calls.
 */
import type { ClassMethods } from '../../kit/index.ts'
import { parseNbdAddress } from '../nbd-uri.ts'
import { withDaemonLock } from './daemon-lock.ts'
import { type BlockList, markBlocks } from './data-blocklist.ts'
import {
  endOperation,
  findOperation,
  forgetOperation,
  inDaemon,
  type Operation,
  OperationError,
  recordedOperations,
  recordOperation,
  statusOf,
} from './data-operations.ts'
import { attachTarget, detachTarget } from './data-target.ts'
import type { Disk } from './disk.ts'
import { type DiskState, readState } from './disk-state.ts'
import { dismissJob, type JobKind, newJobId, startJob } from './jobs.ts'
import { withQmp } from './qmp.ts'

const TAGS = { mirror: 'MirrorV1', copy: 'CopyV1' } as const satisfies Record<JobKind, Operation[0]>

/** What the methods of the class have to know of a URI. */
export interface DataDriver {
  disk(uri: string): Disk
  /** Seconds that the target of an operation may be silent before the operation fails. */
  targetPatience(uri: string): number
}

/** The methods of the class, on the disks of a scheme. */
export function dataMethods(driver: DataDriver): ClassMethods<'Data'> {
  return {
    mirror: ({ uri, remote }) => start(driver, uri, 'mirror', remote),
    copy: ({ uri, remote, blocklist }) => start(driver, uri, 'copy', remote, blocklist),
    stat: ({ operation }) => statusOf(known(operation)),
    async cancel({ operation }) {
      await endOperation(known(operation))
      await detachTarget(operation[1])
    },
    async destroy({ operation }) {
      const record = findOperation(operation)
      if (record === undefined) return
      await endOperation(record)
      await inDaemon(record, (qmp) => dismissJob(qmp, operation[1]))
      await detachTarget(operation[1])
      forgetOperation(operation)
    },
    ls: () => recordedOperations().map(({ operation }) => operation),
  }
}

async function start(
  driver: DataDriver,
  uri: string,
  kind: JobKind,
  remote: string,
  blocks?: BlockList,
): Promise<Operation> {
  const disk = driver.disk(uri)
  const address = parseNbdAddress(remote)
  requireActive(readState(disk.daemon, disk.id))
  forgetEnded(disk)
  const job = newJobId(disk.id)
  // Before anything is made, so that a call that is killed leaves nothing that nobody knows of.
  const operation = recordOperation({ operation: [TAGS[kind], job], group: disk.daemon.group })
  try {
    const target = await attachTarget(job, address, driver.targetPatience(uri))
    await withDaemonLock(disk.daemon, async () => {
      const state = requireActive(readState(disk.daemon, disk.id))
      await withQmp(disk.daemon.qmpSocket, async (qmp) => {
        if (blocks !== undefined) await markBlocks(qmp, disk, job, state.size, blocks)
        await startJob(qmp, disk.id, kind, target, { id: job, marked: blocks !== undefined })
      })
    })
    return operation
  } catch (error) {
    await detachTarget(job)
    forgetOperation(operation)
    throw error
  }
}

/** @throws OperationError where the disk is not activated */
function requireActive(state: DiskState | undefined): DiskState {
  if (state?.phase === 'active') return state
  throw new OperationError('the disk is not activated: call Datapath.activate first')
}

/** Toolstacks need not destroy operations: one that has ended is forgotten when the disk's next one begins. */
function forgetEnded(disk: Disk): void {
  for (const { operation, outcome } of recordedOperations(disk)) if (outcome !== undefined) forgetOperation(operation)
}

function known(operation: Operation) {
  const record = findOperation(operation)
  if (record === undefined) throw new OperationError(`there is no operation ${operation.join(' ')}`)
  return record
}
