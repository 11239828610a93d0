/**
 * Snapshots of an image, which calls of this host make and remove one after the other: librbd 16.2 may abort where it closes
 * an image while others ask it, as the one who has it locked, for snapshots (AsyncOpTracker: m_pending_ops == 0).
 */
import { join } from 'node:path'
import type { CephSession } from '../../src/engine/ceph/session.ts'
import { lock } from '../../src/engine/lock.ts'
import { fileNameFor, runDirectory } from '../../src/engine/run-directory.ts'

/** Makes a snapshot, and tells its number, and the size of the image in bytes. */
export function makeSnapshot(session: CephSession, image: string, name: string) {
  return oneAtATime(session, image, () => session.request('snapshot', { image, name }))
}

export function removeSnapshot(session: CephSession, image: string, name: string) {
  return oneAtATime(session, image, () => session.request('snapshot_remove', { image, name }))
}

async function oneAtATime<T>({ fsid }: CephSession, image: string, body: () => Promise<T>): Promise<T> {
  const held = lock(join(runDirectory('volume', 'rbd'), `${fileNameFor(`${fsid} ${image}`)}.snapshots`))
  try {
    return await body()
  } finally {
    held.remove()
  }
}
