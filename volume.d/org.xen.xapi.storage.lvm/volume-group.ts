/** How a volume group becomes an SR, and ceases to be one. */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Devices, LvmError, runLvm } from '../../src/engine/lvm/command.ts'
import { removeLogicalVolume, THIN_POOL, thinPoolArguments } from '../../src/engine/lvm/logical-volumes.ts'
import { findVolumeGroup } from '../../src/engine/lvm/report.ts'
import { contentOfDevice } from '../../src/engine/lvm/signatures.ts'
import { addTags, isOwnTag } from '../../src/engine/lvm/tags.ts'
import { SrNotCreatedError } from '../../src/engine/sr/errors.ts'
import { type Identity, identityOf, identityTags } from './identity.ts'
import { type Attachment, groupOf, pathsOf } from './repository.ts'

const MIB = 2 ** 20

/**
 * Bytes of a physical volume for each byte of metadata in it, and how much there is at least and at most. LVM writes all
 * of the metadata with each change beside the old ones; a volume needs about 500 bytes.
 */
const METADATA = { share: 1000, least: MIB, most: 64 * MIB }

/**
 * Makes a volume group on devices that carry nothing else, and an SR of it.
 * @throws SrNotCreatedError that says what a device carries
 */
export function makeVolumeGroup(vg: string, devices: readonly string[], identity: Identity): void {
  for (const device of devices) {
    const content = contentOfDevice(device)
    if (content !== undefined) throw new SrNotCreatedError(`${device} is not empty: ${content}; name an empty device`)
  }
  if (findVolumeGroup('all', vg) !== undefined) {
    throw new SrNotCreatedError(`there is a volume group ${vg} on other devices already; name another one`)
  }
  const thin = identity.allocation === 'thin'
  const tags = thin ? [] : addTags(identityTags(identity))
  // Makes the physical volumes as well. Asked for a device that carries something after all, LVM refuses it by itself.
  runLvm(devices, ['vgcreate', '--metadatasize', `${metadataSize(devices)}b`, ...tags, vg, ...devices])
  if (!thin) return
  try {
    makePool(devices, vg, identity)
  } catch (error) {
    runLvm(devices, ['vgremove', vg])
    removePhysicalVolumes(devices)
    throw error
  }
}

/**
 * Makes an SR of a volume group that there is; what else is in it stays as it is.
 * @throws SrNotCreatedError
 */
export function takeVolumeGroup(vg: string, identity: Identity): void {
  const group = findVolumeGroup('all', vg)
  if (group === undefined) throw new SrNotCreatedError(`there is no volume group ${vg}; give device=/dev/… to make one`)
  const there = identityOf(group)
  if (there !== undefined) {
    throw new SrNotCreatedError(
      `${vg} is the SR ${there.uuid} (${there.name}) already; attach it, or name another group`,
    )
  }
  if (group.missing > 0) throw new SrNotCreatedError(`${vg} lacks ${group.missing} of its physical volumes`)
  if (group.exported) throw new SrNotCreatedError(`${vg} is exported: vgimport ${vg}`)
  const devices = group.physicalVolumes.map(({ path }) => path)
  if (identity.allocation === 'thin') makePool(devices, vg, identity)
  else runLvm(devices, ['vgchange', ...addTags(identityTags(identity)), vg])
}

/**
 * Takes the SR from a volume group without volumes: the group goes if SR.create made it and nobody else has made
 * anything in it, otherwise only its tags.
 */
export function leaveVolumeGroup(attachment: Attachment, made: boolean): void {
  const devices = pathsOf(attachment)
  const { name: vg, tags, logicalVolumes } = groupOf(attachment)
  const thin = identityOf({ name: vg, tags })?.allocation === 'thin'
  const foreign = logicalVolumes.filter(({ name }) => !(thin && name === THIN_POOL))
  if (foreign.length < logicalVolumes.length) removeLogicalVolume(devices, vg, THIN_POOL)
  if (made && foreign.length === 0) runLvm(devices, ['vgremove', vg])
  else runLvm(devices, ['vgchange', ...tags.filter(isOwnTag).flatMap((tag) => ['--deltag', tag]), vg])
}

/** Takes the labels off physical volumes that belong to no volume group; it is no error where there are none. */
export function removePhysicalVolumes(devices: readonly string[]): void {
  for (const device of devices) {
    try {
      runLvm([device], ['pvremove', device])
    } catch (error) {
      if (!(error instanceof LvmError)) throw error
      // Not there, without a label already, or of a volume group in which others have made something.
      process.stderr.write(`${error.message}\n`)
    }
  }
}

/** The tags come last: without its pool the volume group is no SR. */
function makePool(devices: Devices, vg: string, identity: Identity): void {
  runLvm(devices, thinPoolArguments(vg))
  runLvm(devices, ['vgchange', ...addTags(identityTags(identity)), vg])
}

function metadataSize(devices: readonly string[]): number {
  const smallest = Math.min(...devices.map(sizeOf))
  const wanted = Math.round(smallest / METADATA.share / MIB) * MIB
  return Math.min(Math.max(wanted, METADATA.least), METADATA.most)
}

/** Bytes of a block device: Linux counts sectors of 512 whatever those of the device are. */
function sizeOf(device: string): number {
  return Number(readFileSync(join('/sys/class/block', basename(device), 'size'), 'utf8')) * 512
}
