/** What killed calls leave in a volume group, and how volumes are removed. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Lock, lock, tryLock } from '../../src/engine/lock.ts'
import { saysAbsent, saysInUse } from '../../src/engine/lvm/command.ts'
import { removeLogicalVolume } from '../../src/engine/lvm/logical-volumes.ts'
import { VolumeInUseError } from '../../src/engine/sr/errors.ts'
import { refuseAttached } from './in-use.ts'
import { type Generation, generationsOf } from './metadata.ts'
import {
  type Attachment,
  generationsOfVolume,
  groupOf,
  lockDirectory,
  metadataLockFile,
  pathsOf,
  volumeLockFile,
} from './repository.ts'

/**
 * Removes what killed calls left: logical volumes that are no volumes, and lock files of volumes that are gone. What a
 * running call is at work on is locked, and left alone.
 */
export function sweepLeftovers(attachment: Attachment): void {
  const { current, others } = generationsOf(groupOf(attachment).logicalVolumes)
  const locked = lockedKeys(attachment).filter((key) => !current.has(key))
  for (const key of new Set([...others.map((other) => other.key), ...locked])) {
    const held = tryLock(volumeLockFile(attachment, key))
    if (held === undefined) continue
    try {
      removeOthers(attachment, key, held)
    } finally {
      held.release()
    }
  }
}

/** Removes the logical volumes with a volume's key that are not the volume; its lock must be held. */
export function removeOthers(attachment: Attachment, key: string, held: Lock): void {
  const { current, others } = generationsOfVolume(attachment, key)
  for (const other of others) remove(attachment, other, held)
  if (!current.has(key)) removeLocks(attachment, key, held)
}

/** Removes a volume, whole or half, once nobody is at work on it. It is no error where there is nothing. */
export function removeVolume(attachment: Attachment, key: string): void {
  const held = lock(volumeLockFile(attachment, key))
  try {
    const { current, others, layout } = generationsOfVolume(attachment, key)
    for (const generation of current.values()) refuseAttached({ layout, generation })
    removeGenerations(attachment, [...others, ...current.values()], held)
    removeLocks(attachment, key, held)
  } finally {
    held.release()
  }
}

/** Removes the logical volumes of one volume: the volume itself last, lest an older one become it. */
export function removeGenerations(attachment: Attachment, generations: readonly Generation[], held: Lock): void {
  for (const generation of generations) remove(attachment, generation, held)
}

/** Removes a logical volume; it is no error where it is gone. */
function remove(attachment: Attachment, { volume }: Generation, held: Lock): void {
  try {
    removeLogicalVolume(pathsOf(attachment), attachment.vg, volume.name, held.descriptor)
  } catch (error) {
    if (saysInUse(error)) throw new VolumeInUseError(`${volume.name} is in use: detach it first`)
    if (!saysAbsent(error)) throw error
  }
}

function removeLocks(attachment: Attachment, key: string, held: Lock): void {
  tryLock(metadataLockFile(attachment, key))?.remove()
  held.remove()
}

/** Keys of the volumes of an SR that have lock files. */
function lockedKeys({ vg_uuid }: Attachment): readonly string[] {
  return readdirSync(join(lockDirectory()))
    .filter((name) => name.startsWith(`${vg_uuid}.`) && name.endsWith('.lock'))
    .map((name) => name.slice(vg_uuid.length + 1).split('.')[0] ?? '')
    .filter((key) => key.length === 36)
}
