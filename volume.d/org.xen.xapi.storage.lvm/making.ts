/**
 * How volumes get their bytes: in a logical volume that nobody takes for a volume until they are complete, and that
 * becomes one by a single change of its tags. Killed at any instant, a call leaves what there was before, or what there
 * is to be.
 */
import type { Result } from '../../src/contract/methods.ts'
import { type Lock, withLock } from '../../src/engine/lock.ts'
import { runLvm, saysAbsent } from '../../src/engine/lvm/command.ts'
import { copyContent, type Layout, piecesOf, withContent, zero } from '../../src/engine/lvm/content.ts'
import {
  changeLogicalVolume,
  linearArguments,
  type NewVolume,
  removeLogicalVolume,
  thinArguments,
  thinSnapshotArguments,
} from '../../src/engine/lvm/logical-volumes.ts'
import type { LogicalVolume } from '../../src/engine/lvm/report.ts'
import { tagChanges, tagsOf } from '../../src/engine/lvm/tags.ts'
import { VolumeInUseError } from '../../src/engine/sr/errors.ts'
import type { Identity } from './identity.ts'
import { removeOthers } from './leftovers.ts'
import { withMetadata, withVolume } from './locking.ts'
import { fieldsOfMetadata, fieldsWhileMaking, type Metadata, metadataOf, nextName } from './metadata.ts'
import {
  type Attachment,
  checkRepository,
  type FoundVolume,
  findVolume,
  generationsOfVolume,
  pathsOf,
  srLockFile,
} from './repository.ts'
import { describeVolume } from './stat.ts'

/** What a logical volume is to hold. */
export interface Plan {
  /** Its size, a multiple of nothing: LVM rounds it up to extents. */
  readonly bytes: number
  /** The volume whose bytes it begins with; zeroes follow, or are all there is. The source's lock must be held. */
  readonly source?: FoundVolume
}

/** Makes a volume. */
export function makeVolume(
  attachment: Attachment,
  key: string,
  metadata: Metadata,
  plan: Plan,
): Result<'Volume.create'> {
  return withVolume(attachment, key, (held) => {
    try {
      const { layout, volume } = make(attachment, key, key, metadata, plan, held, (commit) => commit(metadata))
      const tags = tagsOf(fieldsOfMetadata(metadata))
      return describeVolume(layout, { key, number: 0, making: false, volume: { ...volume, tags } })
    } catch (error) {
      held.remove()
      throw error
    }
  })
}

/** Gives a volume new bytes, all at once; the volume's lock must be held. What is said of it stays but for a change. */
export function replaceVolume(
  attachment: Attachment,
  { generation }: FoundVolume,
  change: Partial<Metadata>,
  plan: Plan,
  held: Lock,
): void {
  const { key } = generation
  const metadata = { ...metadataOf(generation), ...change }
  // What a killed call left has the name that is wanted now.
  removeOthers(attachment, key, held)
  make(attachment, key, nextName(generation), metadata, plan, held, (commit) =>
    // What was said of the volume meanwhile must not be lost.
    withMetadata(attachment, key, () => {
      commit({ ...metadataOf(findVolume(attachment, key).generation), ...change })
    }),
  )
  removeOthers(attachment, key, held)
}

/** Makes a logical volume with the lock on allocations held, if the SR still takes volumes. */
export function allocate(
  attachment: Attachment,
  args: (identity: Identity) => readonly string[],
  held: Lock,
): Identity {
  return withLock(srLockFile(attachment), () => {
    const { identity } = checkRepository(attachment)
    runLvm(pathsOf(attachment), args(identity), held.descriptor)
    return identity
  })
}

/** A logical volume that is being made, and what is needed to find its bytes. */
export interface MakingVolume {
  readonly layout: Layout
  readonly volume: LogicalVolume
}

export function findMaking(attachment: Attachment, key: string, name: string): MakingVolume {
  const { others, layout } = generationsOfVolume(attachment, key)
  const made = others.find(({ volume }) => volume.name === name)
  if (made === undefined) throw new Error(`${name} was removed by somebody else while it was being made`)
  return { layout, volume: made.volume }
}

/** Removes a logical volume that could not be made; what cannot be removed now is left over. */
export function removeFailed(attachment: Attachment, name: string, held: Lock): void {
  try {
    removeLogicalVolume(pathsOf(attachment), attachment.vg, name, held.descriptor)
  } catch (error) {
    if (!saysAbsent(error)) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  }
}

type Commit = (metadata: Metadata) => void

/** The logical volume as it is before its tags say that it is complete, which `finish` has to commit. */
function make(
  attachment: Attachment,
  key: string,
  name: string,
  metadata: Metadata,
  plan: Plan,
  held: Lock,
  finish: (commit: Commit) => void,
): MakingVolume {
  const making = fieldsWhileMaking(metadata)
  const { vg } = attachment
  try {
    const volume = { vg, name, tags: tagsOf(making) }
    const identity = allocate(attachment, (identity) => newVolumeArguments(identity, volume, plan), held)
    const made = findMaking(attachment, key, name)
    if (sharedSource(identity, vg, plan) === undefined) fill(identity, made, plan, held)
    finish((final) => {
      const changes = [
        ...(final.read_write ? [] : ['--permission', 'r']),
        ...tagChanges(making, fieldsOfMetadata(final)),
      ]
      changeLogicalVolume(pathsOf(attachment), vg, name, changes, held.descriptor)
    })
    return made
  } catch (error) {
    removeFailed(attachment, name, held)
    throw error
  }
}

/** The logical volume whose blocks a thin pool gives another one without copying them; undefined: they are copied. */
function sharedSource({ allocation }: Identity, vg: string, { source }: Plan): LogicalVolume | undefined {
  const volume = source?.layout.vg === vg ? source.generation.volume : undefined
  const isThin = volume?.segments.some(({ type }) => type === 'thin') === true
  return allocation === 'thin' && isThin ? volume : undefined
}

function newVolumeArguments(identity: Identity, volume: NewVolume, plan: Plan): readonly string[] {
  const shared = sharedSource(identity, volume.vg, plan)
  if (shared !== undefined) return thinSnapshotArguments(volume, shared.name)
  return identity.allocation === 'thin' ? thinArguments(volume, plan.bytes) : linearArguments(volume, plan.bytes)
}

/**
 * Writes the bytes of a new logical volume.
 * @throws VolumeInUseError where the source was written meanwhile
 */
function fill({ allocation }: Identity, { layout, volume }: MakingVolume, { source }: Plan, held: Lock): void {
  const pieces = piecesOf(layout, volume)
  if (allocation === 'thick') zero(pieces, held.descriptor)
  if (source === undefined) return
  const from = piecesOf(source.layout, source.generation.volume)
  const isCopy = withContent(from, 'r', (content) => withContent(pieces, 'r+', (copy) => copyContent(content, copy)))
  if (isCopy) return
  throw new VolumeInUseError(
    `${source.generation.key} was written while it was being copied: repeat the call when the volume is not in use`,
  )
}
