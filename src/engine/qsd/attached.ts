/** Whether the datapath of this host has a disk, by what it records: nothing is locked, and no daemon asked. */
import type { Disk } from './disk.ts'
import { readState } from './disk-state.ts'

/** Whether a disk is attached here, from Datapath.attach to detach. */
export function isAttachedHere({ daemon, id }: Disk): boolean {
  return readState(daemon, id) !== undefined
}
