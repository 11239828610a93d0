/** SRs and volumes as the interface describes them. */
import { int64 } from '../../src/contract/json.ts'
import type { Result } from '../../src/contract/methods.ts'
import { sha256Of } from '../../src/engine/identifiers.ts'
import { portalText } from '../../src/engine/iscsi/address.ts'
import { findUnit, findUnits, type Unit } from '../../src/engine/iscsi/discovery.ts'
import { type SrStat, srStat } from '../../src/engine/sr/health.ts'
import { errors } from '../../src/kit/index.ts'
import { counts, type Place } from './configuration.ts'
import { type Attachment, storedLogin } from './repository.ts'

type Volume = Result<'Volume.stat'>

/** The record of an SR whose target answers. No space of it is free: the array makes units, and not this plugin. */
export function describeSr(
  { sr, uuid, name, description }: Pick<Attachment, 'sr' | 'uuid' | 'name' | 'description'>,
  units: readonly Unit[],
): SrStat {
  const total = units.reduce((sum, { size }) => sum + BigInt(size), 0n)
  return srStat({ sr, uuid, name, description, free_space: 0, total_space: int64(total) })
}

/** The units of an attached SR. */
export async function unitsOf(attachment: Attachment): Promise<readonly Unit[]> {
  const { place } = attachment
  const units = await findUnits(place.portal, place.target, storedLogin(attachment))
  return units.filter((unit) => counts(place, unit))
}

/**
 * The record of a volume.
 * @throws PluginError Volume_does_not_exist, also where another unit has its number now
 */
export async function statVolume(attachment: Attachment, key: string): Promise<Volume> {
  const { place } = attachment
  const lun = /^(\d{1,5})-[0-9a-f]{12}$/.exec(key)?.[1]
  if (lun === undefined) throw errors.volumeDoesNotExist(key)
  const unit = await findUnit(place.portal, place.target, Number(lun), storedLogin(attachment))
  if (unit === undefined || !counts(place, unit) || keyOf(place, unit) !== key) throw errors.volumeDoesNotExist(key)
  return describeVolume(attachment, unit)
}

export function describeVolume(attachment: Attachment, unit: Unit): Volume {
  const { place } = attachment
  const { lun, size, vendor, product, serial, scsiId } = unit
  return {
    key: keyOf(place, unit),
    uuid: uuidOf(place, unit),
    name: `LUN ${lun}`,
    description: `${vendor} ${product} ${serial}`.trim(),
    read_write: true,
    sharable: false,
    virtual_size: size,
    physical_utilisation: size,
    uri: [uriOf(attachment, lun)],
    keys: { vendor, product, serial, scsi_id: scsiId, lun: String(lun) },
  }
}

/** The login is in a file that only its owner can read, and not in the URI, which goes through many hands. */
function uriOf({ place, credentials, initiatorname }: Attachment, lun: number): string {
  const options = [
    ...(credentials === undefined ? [] : [`credentials=${encodeURIComponent(credentials)}`]),
    ...(initiatorname === undefined ? [] : [`initiator-name=${encodeURIComponent(initiatorname)}`]),
  ]
  const query = options.length === 0 ? '' : `?${options.join('&')}`
  return `iscsi://${portalText(place.portal)}/${place.target}/${lun}${query}`
}

/** The number and what the unit says it is: should the array give the number to another one, that is another volume. */
function keyOf(place: Place, unit: Unit): string {
  return `${unit.lun}-${digestOf(place, unit).slice(0, 12)}`
}

/** The same for the same unit, always (RFC 9562, version 8). */
function uuidOf(place: Place, unit: Unit): string {
  const digits = digestOf(place, unit)
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`]
  return [...parts, digits.slice(20, 32)].join('-')
}

function digestOf({ target }: Place, { lun, vendor, product, serial, scsiId }: Unit): string {
  return sha256Of([target, lun, vendor, product, serial, scsiId].join('\n'))
}
