/**
 * The temporary overlay of a disk that is used without being changed: a qcow2 image of the same size that takes all
 * writes. It is no image with a backing file in its header; the daemon is told at each activation what is below it.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import type { Int64 } from '../../contract/json.ts'
import { waitUntil } from './daemon-process.ts'
import { isObject, type Qmp } from './qmp.ts'
import { removeNode } from './undo.ts'

/** Milliseconds: it writes about 200 KiB. */
const PATIENCE = 30_000

/**
 * Makes an empty overlay in a file, unless there is one.
 * @param id of the disk
 * @throws Error with what the daemon says, such as no space left
 */
export async function createOverlay(qmp: Qmp, id: string, path: string, size: Int64): Promise<void> {
  if (existsSync(path)) return
  const temporary = `${path}.new`
  const node = `${id}-new`
  closeSync(openSync(temporary, 'w', 0o600))
  try {
    await qmp.execute('blockdev-add', { driver: 'file', 'node-name': node, filename: temporary })
    try {
      await createImage(qmp, node, { driver: 'qcow2', file: node, size })
    } finally {
      await removeNode(qmp, node)
    }
    renameSync(temporary, path)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Throws away what was written to a disk with an overlay. It is no error where there is nothing. */
export function discardOverlay(path: string): void {
  rmSync(path, { force: true })
  rmSync(`${path}.new`, { force: true })
}

async function createImage(qmp: Qmp, job: string, options: Readonly<Record<string, unknown>>): Promise<void> {
  await qmp.execute('blockdev-create', { 'job-id': job, options })
  let error: unknown
  const concluded = await waitUntil(async () => {
    const jobs = await qmp.execute('query-jobs')
    const found = Array.isArray(jobs) ? jobs.filter(isObject).find(({ id }) => id === job) : undefined
    error = found?.error
    return found === undefined || found.status === 'concluded'
  }, PATIENCE)
  if (!concluded) throw new Error('the overlay was not made in time')
  await qmp.execute('job-dismiss', { id: job })
  if (error !== undefined) throw new Error(`cannot make the overlay: ${String(error)}`)
}
