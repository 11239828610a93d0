/** The device_config of an SR: which target, at which portal, and how to be let in. The names are those of XenServer. */
import { ISCSI_PORT, isTargetName, LAST_UNIT, type Portal, portalText } from '../../src/engine/iscsi/address.ts'
import type { Login, Unit } from '../../src/engine/iscsi/discovery.ts'
import { ConfigurationError } from '../../src/engine/sr/errors.ts'

/** What SR.probe, SR.create and SR.attach are given. */
export type Configuration = Readonly<Record<string, string>>

/** Key → description, for Plugin.query. */
export const CONFIGURATION_KEYS = {
  target: 'name or address of the portal of the array',
  port: `port of the portal; ${ISCSI_PORT} unless given`,
  targetIQN: 'name of the target: iqn.…; SR.probe lists those of the portal',
  LUNid: 'number of the logical unit that is to be in the SR, or several with commas between; all unless given',
  SCSIid: 'SCSI id or serial number of the only unit that is to be in the SR',
  chapuser: 'user name for CHAP',
  chappassword: 'password for CHAP',
  initiatorname: 'name by which the target knows this host; that of its open-iscsi unless given',
  sr_uuid: 'uuid of the SR; SR.create adds it, with sr_name and sr_description',
}

/** A target, and which of its units count. */
export interface Place {
  readonly portal: Portal
  readonly target: string
  /** Undefined: all of them. */
  readonly luns?: readonly number[]
  readonly scsiId?: string
}

const LAST_PORT = 0xffff

/**
 * The portal that a configuration names; undefined where it names none.
 * @throws ConfigurationError
 */
export function portalOf({ target, port = String(ISCSI_PORT) }: Configuration): Portal | undefined {
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > LAST_PORT) {
    throw new ConfigurationError(`port is a number up to ${LAST_PORT}, not ${JSON.stringify(port)}`)
  }
  if (target === undefined) return undefined
  const host = /^\[(.*)\]$/.exec(target)?.[1] ?? target
  if (!/^[A-Za-z0-9.:_-]+$/.test(host)) {
    throw new ConfigurationError(`target is the name or address of a portal, not ${JSON.stringify(target)}`)
  }
  return { host, port: Number(port) }
}

/**
 * The target that a configuration names; undefined where it names none.
 * @throws ConfigurationError
 */
export function placeOf(configuration: Configuration): Place | undefined {
  const { targetIQN, LUNid, SCSIid } = configuration
  const portal = portalOf(configuration)
  if (portal === undefined || targetIQN === undefined) return undefined
  const target = targetIQN.toLowerCase()
  if (!isTargetName(target)) {
    throw new ConfigurationError(
      `${JSON.stringify(targetIQN)} is not the name of a target: iqn.2024-01.com.example:disks`,
    )
  }
  return {
    portal,
    target,
    ...(LUNid === undefined ? {} : { luns: LUNid.split(',').map(unitNumber) }),
    ...(SCSIid === undefined ? {} : { scsiId: SCSIid }),
  }
}

/** @throws ConfigurationError that says what is missing */
export function requiredPlaceOf(configuration: Configuration): Place {
  const place = placeOf(configuration)
  if (place !== undefined) return place
  const missing = ['target', 'targetIQN'].filter((key) => configuration[key] === undefined)
  throw new ConfigurationError(`device_config has no ${missing.join(' and no ')}; SR.probe finds out what there is`)
}

/**
 * How to be let in.
 * @throws ConfigurationError that has nothing of the password in it
 */
export function loginOf({ chapuser, chappassword, initiatorname }: Configuration): Login {
  if ((chapuser === undefined) !== (chappassword === undefined)) {
    throw new ConfigurationError('chapuser and chappassword are given both or not at all')
  }
  // The datapath plugin reads them from lines of a file.
  if (/[\0\r\n]/.test(`${chapuser}${chappassword}`)) {
    throw new ConfigurationError('chapuser and chappassword can have no line breaks')
  }
  return {
    ...(chapuser === undefined || chappassword === undefined
      ? {}
      : { chap: { user: chapuser, password: chappassword } }),
    ...(initiatorname === undefined ? {} : { initiatorName: initiatorname }),
  }
}

/** Whether a unit is one of those that count. */
export function counts({ luns, scsiId }: Place, unit: Unit): boolean {
  return (
    (luns === undefined || luns.includes(unit.lun)) &&
    (scsiId === undefined || scsiId === unit.scsiId || scsiId === unit.serial)
  )
}

/** The handle of the SR at a place. */
export function handleOf({ portal, target, luns, scsiId }: Place): string {
  const query = [
    ...(luns === undefined ? [] : [`LUNid=${luns.join(',')}`]),
    ...(scsiId === undefined ? [] : [`SCSIid=${encodeURIComponent(scsiId)}`]),
  ]
  return `iscsi://${portalText(portal)}/${target}${query.length === 0 ? '' : `?${query.join('&')}`}`
}

function unitNumber(text: string): number {
  if (/^\s*\d+\s*$/.test(text) && Number(text) <= LAST_UNIT) return Number(text)
  throw new ConfigurationError(
    `LUNid is a number up to ${LAST_UNIT}, or several with commas, not ${JSON.stringify(text)}`,
  )
}
