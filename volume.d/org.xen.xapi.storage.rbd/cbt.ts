/**
 * Changed block tracking. Ceph always knows what changed since a snapshot, so that there is nothing to be switched on: the
 * flag is kept because toolstacks want to see it.
 */
import type { Params } from '../../src/contract/methods.ts'
import { change } from './volume.ts'

/** A volume whose data cannot be given up. */
class NotASnapshotError extends Error {
  override readonly name = 'NotASnapshotError'
}

export function setCbt(sr: string, key: string, enabled: boolean): Promise<void> {
  return change(sr, key, () => ({ cbt_enabled: enabled }))
}

/**
 * The content is gone for users. In the pool it stays until the volume is destroyed: the snapshot is what Ceph knows of
 * what changed.
 */
export function dataDestroy({ sr, key }: Params<'Volume.data_destroy'>): Promise<void> {
  return change(sr, key, ({ snapshot }) => {
    if (snapshot !== undefined) return { data_destroyed: true }
    throw new NotASnapshotError(`${key} is no snapshot: only the data of snapshots can be destroyed`)
  })
}
