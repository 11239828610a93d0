/** The methods of class SR, except SR.probe. */
import { rmSync } from 'node:fs'
import type { Params, Result } from '../../src/contract/methods.ts'
import { type Lock, withLock } from '../../src/engine/lock.ts'
import { runLvm } from '../../src/engine/lvm/command.ts'
import { hasThinPools } from '../../src/engine/lvm/device-mapper.ts'
import { activateLogicalVolumes } from '../../src/engine/lvm/logical-volumes.ts'
import { findVolumeGroup, readVolumeGroups, type VolumeGroup } from '../../src/engine/lvm/report.ts'
import { tagChanges } from '../../src/engine/lvm/tags.ts'
import { ConfigurationError, SrMismatchError, SrUnreachableError } from '../../src/engine/sr/errors.ts'
import { unreachableSr } from '../../src/engine/sr/health.ts'
import { errors } from '../../src/kit/index.ts'
import { allocationOf, type Configuration, completeConfiguration, devicesOf, handleOf, vgOf } from './configuration.ts'
import { type Identity, identityFields, identityOf } from './identity.ts'
import { refuseAttached } from './in-use.ts'
import { removeVolume, sweepLeftovers } from './leftovers.ts'
import { generationsOf } from './metadata.ts'
import {
  type Attachment,
  allGenerations,
  attachments,
  checkRepository,
  type FoundVolume,
  groupOf,
  headOf,
  identityOfAttached,
  labelOf,
  openRepository,
  pathsOf,
  srLockFile,
} from './repository.ts'
import { describeSr } from './stat.ts'
import { leaveVolumeGroup, makeVolumeGroup, removePhysicalVolumes, takeVolumeGroup } from './volume-group.ts'

export function create({ uuid, configuration, name, description }: Params<'SR.create'>): Result<'SR.create'> {
  const devices = devicesOf(configuration)
  const given = vgOf(configuration)
  const allocation = allocationOf(configuration)
  if (allocation === 'thin' && !hasThinPools()) {
    throw new ConfigurationError(
      'allocation=thin needs the thin pools of device-mapper, which this kernel does not have',
    )
  }
  const identity = { uuid, name, description, allocation, destroying: false }
  if (devices !== undefined) {
    const vg = given ?? `smapiv3-${uuid}`
    makeVolumeGroup(vg, devices, { ...identity, made: true })
    return { ...completeConfiguration(configuration, vg, uuid) }
  }
  if (given === undefined) {
    throw new ConfigurationError(
      'device_config names no storage: give device=/dev/…, or vg= of a volume group there is',
    )
  }
  takeVolumeGroup(given, { ...identity, made: false })
  return { ...completeConfiguration(configuration, given, uuid) }
}

export function attach({ configuration }: Params<'SR.attach'>): Result<'SR.attach'> {
  const { group, identity } = expectedGroup(configuration)
  const { name: vg, uuid: vg_uuid, physicalVolumes: devices } = group
  const attachment = { sr: handleOf(vg), uuid: identity.uuid, vg, vg_uuid, devices }
  withLock(srLockFile(attachment), (held) => {
    const { destroying } = identityOfAttached(attachment, labelOf(attachment))
    if (!destroying) {
      sweepLeftovers(attachment)
      activateLogicalVolumes(pathsOf(attachment), vg, volumeNames(groupOf(attachment)), true, held.descriptor)
    }
    attachments.record(attachment)
  })
  return attachment.sr
}

/** Devices of volumes are taken away; a volume group that is gone has none. */
export function detach({ sr }: Params<'SR.detach'>): null {
  const attachment = attachments.find(sr)
  if (attachment === undefined) return null
  const group = findVolumeGroup(pathsOf(attachment), attachment.vg)
  if (group !== undefined) activateLogicalVolumes(pathsOf(attachment), attachment.vg, volumeNames(group), false)
  attachments.forget(sr)
  return null
}

/**
 * The tags of the volume group and the attachment say first that the SR is being destroyed, and go last: a call that was
 * killed can be repeated, and nothing that it left looks like an SR with fewer volumes.
 */
export function destroy({ sr }: Params<'SR.destroy'>): null {
  const attachment = attachments.of(sr)
  const group = findVolumeGroup(pathsOf(attachment), attachment.vg)
  let { destroying } = attachment
  if (destroying === undefined) for (const volume of allVolumes(attachment)) refuseAttached(volume)
  if (destroying === undefined || (group !== undefined && identityOf(group) !== undefined)) {
    destroying = markDestroying(attachment)
    removeVolumes(attachment)
    leaveVolumeGroup(attachment, destroying.made)
  }
  if (destroying.made) removePhysicalVolumes(pathsOf(attachment))
  rmSync(srLockFile(attachment), { force: true })
  attachments.forget(sr)
  return null
}

export function stat({ sr }: Params<'SR.stat'>): Result<'SR.stat'> {
  const attachment = attachments.of(sr)
  try {
    const head = headOf(attachment)
    return describeSr(sr, pathsOf(attachment), head, identityOfAttached(attachment, head))
  } catch (error) {
    return unreachableSr(attachment, error)
  }
}

export function setName({ sr, new_name }: Params<'SR.set_name'>): null {
  return changeIdentity(openRepository(sr), { name: new_name })
}

export function setDescription({ sr, new_description }: Params<'SR.set_description'>): null {
  return changeIdentity(openRepository(sr), { description: new_description })
}

/** The volume groups that a configuration leads to, and how they are seen. */
export function groupsOf(configuration: Configuration): readonly VolumeGroup[] {
  const devices = devicesOf(configuration)
  const vg = vgOf(configuration)
  const groups = readVolumeGroups(devices ?? 'all')
  return groups.filter(({ name }) => vg === undefined || name === vg)
}

function expectedGroup(configuration: Configuration): { group: VolumeGroup; identity: Identity } {
  if (configuration.device === undefined && configuration.vg === undefined) {
    throw new ConfigurationError('device_config names no storage: give device=/dev/… or vg=')
  }
  const found = groupsOf(configuration).flatMap((group) => {
    const identity = identityOf(group)
    return identity === undefined ? [] : [{ group, identity }]
  })
  const [first] = found
  if (first === undefined) throw errors.srDoesNotExist(configuration.vg ?? configuration.device ?? '')
  const expected = configuration.sr_uuid
  const match = found.find(({ identity }) => expected === undefined || identity.uuid === expected)
  if (match === undefined) {
    throw new SrMismatchError(`${first.group.name} is the SR ${first.identity.uuid}, not ${expected}`)
  }
  const { name, missing } = match.group
  if (missing > 0) throw new SrUnreachableError(`the volume group ${name} lacks ${missing} of its physical volumes`)
  return match
}

function changeIdentity(attachment: Attachment, change: Partial<Identity>): null {
  withLock(srLockFile(attachment), (held) => {
    const { identity } = checkRepository(attachment)
    writeIdentity(attachment, identity, { ...identity, ...change }, held)
  })
  return null
}

function writeIdentity(attachment: Attachment, before: Identity, after: Identity, held: Lock): void {
  const changes = tagChanges(identityFields(before), identityFields(after))
  if (changes.length > 0) runLvm(pathsOf(attachment), ['vgchange', ...changes, attachment.vg], held.descriptor)
}

function markDestroying(attachment: Attachment): { readonly made: boolean } {
  return withLock(srLockFile(attachment), (held) => {
    const identity = identityOfAttached(attachment, labelOf(attachment))
    const destroying = { made: identity.made }
    writeIdentity(attachment, identity, { ...identity, destroying: true }, held)
    attachments.record({ ...attachment, destroying })
    return destroying
  })
}

/** Removes every volume; one that is being made is waited for. No other can be begun. */
function removeVolumes(attachment: Attachment): void {
  for (let keys = allKeys(attachment); keys.length > 0; keys = allKeys(attachment)) {
    for (const key of keys) removeVolume(attachment, key)
  }
}

function allVolumes(attachment: Attachment): readonly FoundVolume[] {
  const { current, layout, identity } = allGenerations(attachment)
  return [...current.values()].map((generation) => ({ generation, layout, identity }))
}

function allKeys(attachment: Attachment): readonly string[] {
  const { current, others } = generationsOf(groupOf(attachment).logicalVolumes)
  return [...new Set([...current.keys(), ...others.map(({ key }) => key)])]
}

/** The logical volumes that are volumes, by name. */
function volumeNames({ logicalVolumes }: VolumeGroup): readonly string[] {
  return [...generationsOf(logicalVolumes).current.values()].map(({ volume }) => volume.name)
}
