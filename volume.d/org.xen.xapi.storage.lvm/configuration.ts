/** The device_config of an SR: on which devices its volume group is. */
import { blockDevice } from '../../src/engine/lvm/signatures.ts'
import { ConfigurationError } from '../../src/engine/sr/errors.ts'

/** What SR.probe, SR.create and SR.attach are given. */
export type Configuration = Readonly<Record<string, string>>

/** Key → description, for Plugin.query. */
export const CONFIGURATION_KEYS = {
  device: 'block device of the volume group, or several with commas between: /dev/…',
  vg: 'name of the volume group: an existing one, or what SR.create names that on the device',
  allocation: 'for SR.create: thick (as without it) or thin, which needs device-mapper',
  sr_uuid: 'uuid of the SR expected there; SR.create and SR.probe add it',
}

/** How the volumes of an SR get their space: all at once, or from a thin pool when they are written. */
export type Allocation = 'thick' | 'thin'

/** What LVM takes for the name of a volume group; a leading hyphen would be an option. */
const VG_NAME = /^[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,126}$/

/**
 * The block devices that a configuration names, by their real paths; undefined where it names none.
 * @throws NotABlockDeviceError
 */
export function devicesOf({ device }: Configuration): readonly string[] | undefined {
  if (device === undefined) return undefined
  const paths = device
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '')
  if (paths.length === 0) throw new ConfigurationError('device names no block device; give device=/dev/…')
  return [...new Set(paths.map(blockDevice))]
}

/**
 * The name of the volume group that a configuration names; undefined where it names none.
 * @throws ConfigurationError
 */
export function vgOf({ vg }: Configuration): string | undefined {
  if (vg === undefined || (VG_NAME.test(vg) && !/^\.{1,2}$/.test(vg))) return vg
  throw new ConfigurationError(`${JSON.stringify(vg)} cannot be the name of a volume group`)
}

/** @throws ConfigurationError */
export function allocationOf({ allocation = 'thick' }: Configuration): Allocation {
  if (allocation === 'thick' || allocation === 'thin') return allocation
  throw new ConfigurationError(`allocation is thick or thin, not ${JSON.stringify(allocation)}`)
}

/** The complete configuration of the SR on a volume group. */
export function completeConfiguration(configuration: Configuration, vg: string, uuid: string): Configuration {
  return { ...configuration, vg, sr_uuid: uuid }
}

/** The handle of the SR on a volume group. */
export function handleOf(vg: string): string {
  return `lvm://${vg}`
}
