/** Taking apart what may be there, be half there or be gone: for nodes, exports and objects of a daemon. */
import { waitUntil } from './daemon-process.ts'
import { isObject, type Qmp, type QmpObject } from './qmp.ts'
import { QmpError } from './qmp-error.ts'

/** Milliseconds for the daemon to let go of something: an export goes when its last request is done. */
const PATIENCE = 10_000

/**
 * Executes a command that deletes something, again while it is in use; what is not there is deleted already.
 * @throws QmpError where it stays in use, or for any other reason
 */
export async function remove(qmp: Qmp, command: string, parameters: QmpObject): Promise<void> {
  let refusal: QmpError | undefined
  const gone = await waitUntil(async () => {
    refusal = await refusalOf(qmp, command, parameters)
    if (refusal === undefined || isMissing(refusal)) return true
    if (!/in use|busy/i.test(refusal.description)) throw refusal
    return false
  }, PATIENCE)
  if (!gone && refusal !== undefined) throw refusal
}

export function removeNode(qmp: Qmp, name: string): Promise<void> {
  return remove(qmp, 'blockdev-del', { 'node-name': name })
}

export function removeObject(qmp: Qmp, id: string): Promise<void> {
  return remove(qmp, 'object-del', { id })
}

export function removeBitmap(qmp: Qmp, node: string, name: string): Promise<void> {
  return remove(qmp, 'block-dirty-bitmap-remove', { node, name })
}

/** Deletes an export, whoever is connected to it, and waits until it is gone. */
export async function removeExport(qmp: Qmp, id: string): Promise<void> {
  const refusal = await refusalOf(qmp, 'block-export-del', { id, mode: 'hard' })
  if (refusal !== undefined && isMissing(refusal)) return
  if (!(await waitUntil(async () => !(await hasExport(qmp, id)), PATIENCE))) {
    throw refusal ?? new Error(`the export ${id} does not go away: its storage does not answer`)
  }
}

/**
 * Removes nodes, each before those that it stands on, in one go: the daemon does one after the other, and a round trip each
 * would be most of an activation.
 */
export async function removeNodes(qmp: Qmp, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => removeNode(qmp, name)))
}

/** A node that was said inside another one is not the monitor's, and goes with that one. */
function isMissing({ description }: QmpError): boolean {
  return /not found|Failed to find|Cannot find|not owned by the monitor/i.test(description)
}

async function hasExport(qmp: Qmp, id: string): Promise<boolean> {
  const exports = await qmp.execute('query-block-exports')
  return Array.isArray(exports) && exports.some((entry) => isObject(entry) && entry.id === id)
}

async function refusalOf(qmp: Qmp, command: string, parameters: QmpObject): Promise<QmpError | undefined> {
  try {
    await qmp.execute(command, parameters)
    return undefined
  } catch (error) {
    if (error instanceof QmpError) return error
    throw error
  }
}
