/** SR.probe: step by step from a portal to its targets, and from a target to its units. */
import type { Params, Result } from '../../src/contract/methods.ts'
import { findTargets, findUnits, type Unit } from '../../src/engine/iscsi/discovery.ts'
import { type Configuration, counts, handleOf, loginOf, type Place, placeOf, portalOf } from './configuration.ts'
import { describeSr } from './stat.ts'

type ProbeResult = Result<'SR.probe'>[number]

/**
 * Without a target, the targets of the portal; with it, an SR of all its units and one of each unit. A configuration
 * that names an sr_uuid is that of an SR: nothing on a target tells its uuid.
 */
export async function probe({ configuration }: Params<'SR.probe'>): Promise<Result<'SR.probe'>> {
  const portal = portalOf(configuration)
  if (portal === undefined) {
    return [incomplete(configuration, { message: 'target is missing: give the name or address of a portal' })]
  }
  const login = loginOf(configuration)
  const place = placeOf(configuration)
  if (place === undefined) {
    const targets = await findTargets(portal, login)
    return targets.map((targetIQN) => incomplete({ ...configuration, targetIQN }, { targetIQN }))
  }
  const units = (await findUnits(place.portal, place.target, login)).filter((unit) => counts(place, unit))
  if (configuration.sr_uuid !== undefined) return [existing(configuration, place, units)]
  return [whole(configuration, units), ...narrower(configuration, place, units)]
}

function existing(configuration: Configuration, place: Place, units: readonly Unit[]): ProbeResult {
  const { sr_uuid: uuid = '', sr_name: name = '', sr_description: description = '' } = configuration
  const sr = describeSr({ sr: handleOf(place), uuid, name, description }, units)
  return { configuration: { ...configuration }, complete: true, sr, extra_info: {} }
}

/** An SR of all the units that the configuration leads to. */
function whole(configuration: Configuration, units: readonly Unit[]): ProbeResult {
  const message = `an SR of ${units.length} logical ${units.length === 1 ? 'unit' : 'units'}`
  return { configuration: { ...configuration }, complete: true, extra_info: { message, ...infoOf(units) } }
}

/** An SR of each unit alone, where the configuration does not name one. */
function narrower(configuration: Configuration, { luns, scsiId }: Place, units: readonly Unit[]): ProbeResult[] {
  if (scsiId !== undefined || luns?.length === 1) return []
  return units.map((unit) => ({
    configuration: { ...configuration, LUNid: String(unit.lun), SCSIid: unit.scsiId },
    complete: true,
    extra_info: infoOf([unit]),
  }))
}

/** What a single unit is; nothing of several. */
function infoOf(units: readonly Unit[]): Record<string, string> {
  const [unit, ...more] = units
  if (unit === undefined || more.length > 0) return {}
  const { lun, size, vendor, product, serial, scsiId } = unit
  return { LUNid: String(lun), SCSIid: scsiId, size: String(size), vendor, product, serial }
}

/** Never with sr_uuid: a host refuses an incomplete result that has one (script protocol, section 7.2). */
function incomplete({ sr_uuid: _, ...configuration }: Configuration, extra_info: Record<string, string>): ProbeResult {
  return { configuration, complete: false, extra_info }
}
