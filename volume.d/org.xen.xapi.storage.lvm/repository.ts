/** An attached SR, as every call on it and its volumes begins. */
import { join } from 'node:path'
import type { Layout } from '../../src/engine/lvm/content.ts'
import {
  findLogicalVolumes,
  findVolumeGroup,
  findVolumeGroupHead,
  findVolumeGroupLabel,
  type PhysicalVolume,
  type VolumeGroup,
} from '../../src/engine/lvm/report.ts'
import { runDirectory } from '../../src/engine/run-directory.ts'
import { type Attachment as AnyAttachment, attachmentsOf } from '../../src/engine/sr/attachments.ts'
import { SrUnreachableError } from '../../src/engine/sr/errors.ts'
import { errors } from '../../src/kit/index.ts'
import { type Identity, identityOf } from './identity.ts'
import { type Generation, type Generations, generationsOf, isKey } from './metadata.ts'

/** An SR that is attached on this host, and where its volume group is. */
export interface Attachment extends AnyAttachment {
  readonly vg: string
  readonly vg_uuid: string
  /** Its physical volumes: commands see nothing else. */
  readonly devices: readonly PhysicalVolume[]
  /** Set when SR.destroy begins, so that a repeated call knows what to finish when nothing of the SR is left. */
  readonly destroying?: { readonly made: boolean }
}

export const attachments = attachmentsOf<Attachment>('lvm', { vg: 'string', vg_uuid: 'string', devices: 'array' })

/** An SR that is attached and there. */
export interface Repository extends Attachment {
  readonly identity: Identity
}

/** The real paths of the devices of an SR. */
export function pathsOf({ devices }: Attachment): readonly string[] {
  return devices.map(({ path }) => path)
}

/**
 * Opens an SR for a call on its volumes.
 * @throws PluginError Sr_not_attached
 * @throws SrUnreachableError where its volume group has vanished, is another one, or is being destroyed
 */
export function openRepository(sr: string): Repository {
  return checkRepository(attachments.of(sr))
}

/** Checks that an attached SR is still there. */
export function checkRepository(attachment: Attachment): Repository {
  const identity = identityOfAttached(attachment, labelOf(attachment))
  refuseWhileDestroying(attachment, identity)
  return { ...attachment, identity }
}

/**
 * The head of the volume group of an attached SR, also while it is being destroyed.
 * @throws SrUnreachableError
 */
export function headOf(attachment: Attachment) {
  const head = findVolumeGroupHead(pathsOf(attachment), attachment.vg)
  return present(attachment, head)
}

/** What the volume group is, which takes less. */
export function labelOf(attachment: Attachment) {
  return present(attachment, findVolumeGroupLabel(pathsOf(attachment), attachment.vg))
}

/** The volume group with all that is in it. */
export function groupOf(attachment: Attachment): VolumeGroup {
  return present(attachment, findVolumeGroup(pathsOf(attachment), attachment.vg))
}

/** The identity of an attached SR, also while it is being destroyed. */
export function identityOfAttached(
  { vg, uuid }: Attachment,
  group: { readonly name: string; readonly tags: readonly string[] },
): Identity {
  const identity = identityOf(group)
  if (identity?.uuid === uuid) return identity
  throw new SrUnreachableError(`the volume group ${vg} is not the SR ${uuid} any more`)
}

/** The logical volumes with the key of a volume, and where the extents of their volume group are. */
export interface VolumeGenerations extends Generations {
  readonly layout: Layout
  readonly identity: Identity
}

/**
 * The logical volumes with the key of a volume, also while the SR is being destroyed: one command where there are any.
 * @throws PluginError Volume_does_not_exist for a text that cannot be a key
 */
export function generationsOfVolume(attachment: Attachment, key: string): VolumeGenerations {
  if (!isKey(key)) throw errors.volumeDoesNotExist(key)
  return generationsNamed(attachment, key)
}

/** The logical volumes of all volumes, by one command where there are any. */
export function allGenerations(attachment: Attachment): VolumeGenerations {
  return generationsNamed(attachment, '')
}

function generationsNamed(attachment: Attachment, prefix: string): VolumeGenerations {
  const { vg, devices } = attachment
  const found = findLogicalVolumes(pathsOf(attachment), vg, prefix)
  const group = present(
    attachment,
    found === undefined ? labelOf(attachment) : { uuid: found.vgUuid, tags: found.vgTags, missing: 0 },
  )
  return {
    ...generationsOf(found?.logicalVolumes ?? []),
    identity: identityOfAttached(attachment, { name: vg, tags: group.tags }),
    layout: { vg, extentSize: found?.extentSize ?? 0, physicalVolumes: devices },
  }
}

/** A volume, and what is needed to find its bytes. */
export interface FoundVolume {
  readonly generation: Generation
  readonly layout: Layout
  readonly identity: Identity
}

/**
 * A volume of an attached SR.
 * @throws PluginError Volume_does_not_exist
 */
export function findVolume(attachment: Attachment, key: string): FoundVolume {
  const { current, layout, identity } = generationsOfVolume(attachment, key)
  refuseWhileDestroying(attachment, identity)
  const generation = current.get(key)
  if (generation === undefined) throw errors.volumeDoesNotExist(key)
  return { generation, layout, identity }
}

/** Held while logical volumes are added, or the SR as a whole changes. */
export function srLockFile({ vg_uuid }: Pick<Attachment, 'vg_uuid'>): string {
  return join(lockDirectory(), `${vg_uuid}.lock`)
}

/** Held while the bytes of a volume are changed or copied. */
export function volumeLockFile({ vg_uuid }: Attachment, key: string): string {
  return join(lockDirectory(), `${vg_uuid}.${key}.lock`)
}

/** Held while what Volume.stat says of a volume changes, which takes a moment only. */
export function metadataLockFile({ vg_uuid }: Attachment, key: string): string {
  return join(lockDirectory(), `${vg_uuid}.${key}.tags.lock`)
}

/** Where the locks are: outside the storage, because LVM on one host is all that may change it. */
export function lockDirectory(): string {
  return runDirectory('volume', 'lvm')
}

function refuseWhileDestroying({ vg }: Attachment, { destroying }: Identity): void {
  if (destroying) throw new SrUnreachableError(`the SR on ${vg} is being destroyed; repeat SR.destroy to finish it`)
}

function present<G extends { readonly uuid: string; readonly missing: number }>(
  attachment: Attachment,
  group: G | undefined,
): G {
  const { vg, vg_uuid } = attachment
  const where = pathsOf(attachment).join(', ')
  if (group === undefined) throw new SrUnreachableError(`there is no volume group ${vg} on ${where} any more`)
  if (group.uuid !== vg_uuid) throw new SrUnreachableError(`another volume group has the name ${vg} now`)
  if (group.missing > 0) {
    throw new SrUnreachableError(`the volume group ${vg} lacks ${group.missing} of its physical volumes`)
  }
  return group
}
