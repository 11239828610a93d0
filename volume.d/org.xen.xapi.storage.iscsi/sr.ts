/** The methods of class SR, except SR.probe. */
import type { Params, Result } from '../../src/contract/methods.ts'
import { findUnits } from '../../src/engine/iscsi/discovery.ts'
import { withLock } from '../../src/engine/lock.ts'
import { ConfigurationError, SrNotCreatedError } from '../../src/engine/sr/errors.ts'
import { unreachableSr } from '../../src/engine/sr/health.ts'
import { type Configuration, counts, handleOf, loginOf, type Place, requiredPlaceOf } from './configuration.ts'
import { attachments, forgetLogin, lockFile, storeLogin } from './repository.ts'
import { describeSr, unitsOf } from './stat.ts'

/**
 * Checks that the target lets this host in and has the units named. A target has no place for what is said of the SR: it
 * is in the configuration, which the toolstack keeps.
 */
export async function create(params: Params<'SR.create'>): Promise<Result<'SR.create'>> {
  const { configuration, uuid, name, description } = params
  await checkUnits(configuration)
  return { ...configuration, sr_uuid: uuid, sr_name: name, sr_description: description }
}

export async function attach({ configuration }: Params<'SR.attach'>): Promise<Result<'SR.attach'>> {
  const { sr_uuid: uuid, sr_name: name = '', sr_description: description = '', initiatorname } = configuration
  if (uuid === undefined) throw new ConfigurationError('device_config has no sr_uuid: SR.create adds it')
  const place = await checkUnits(configuration)
  const sr = handleOf(place)
  withLock(lockFile(sr), () => {
    const credentials = storeLogin(sr, loginOf(configuration))
    attachments.record({
      ...{ sr, uuid, place, name, description },
      ...(initiatorname === undefined ? {} : { initiatorname }),
      ...(credentials === undefined ? {} : { credentials }),
    })
  })
  return sr
}

export function detach({ sr }: Params<'SR.detach'>): null {
  withLock(lockFile(sr), (held) => {
    attachments.forget(sr)
    forgetLogin(sr)
    held.remove()
  })
  return null
}

export async function stat({ sr }: Params<'SR.stat'>): Promise<Result<'SR.stat'>> {
  const attachment = attachments.of(sr)
  try {
    return describeSr(attachment, await unitsOf(attachment))
  } catch (error) {
    return unreachableSr(attachment, error)
  }
}

/** @throws SrNotCreatedError where a unit that is named is not there */
async function checkUnits(configuration: Configuration): Promise<Place> {
  const place = requiredPlaceOf(configuration)
  const units = (await findUnits(place.portal, place.target, loginOf(configuration))).filter((unit) =>
    counts(place, unit),
  )
  const missing = (place.luns ?? []).filter((lun) => units.every((unit) => unit.lun !== lun))
  if (missing.length > 0) {
    throw new SrNotCreatedError(`the target ${place.target} has no disk with the number ${missing.join(', ')}`)
  }
  if (place.scsiId !== undefined && units.length === 0) {
    throw new SrNotCreatedError(`the target ${place.target} has no disk with the SCSI id ${place.scsiId}`)
  }
  return place
}
