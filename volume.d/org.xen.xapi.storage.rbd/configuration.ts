/** The device_config of an SR: where its pool is. */
import { formatSrUri, parseSrUri, type SrLocation } from '../../src/engine/ceph/location.ts'
import { ConfigurationError } from '../../src/engine/sr/errors.ts'

/** What SR.probe, SR.create and SR.attach are given. */
export type Configuration = Readonly<Record<string, string>>

/** Key → description, for Plugin.query. */
export const CONFIGURATION_KEYS = {
  uri: 'URI of the pool, or of a namespace in it: rbd://pool[/namespace][?conf=…&id=…&keyring=…&monitors=…]',
  sr_uuid: 'uuid of the SR expected there; SR.create and SR.probe add it',
}

/** @throws ConfigurationError, DiskUriError */
export function locationOf({ uri }: Configuration): SrLocation {
  if (uri === undefined) throw new ConfigurationError('device_config has no uri; give uri=rbd://pool')
  return parseSrUri(uri)
}

/** The complete configuration of the SR at a location. */
export function completeConfiguration(given: Configuration, location: SrLocation, uuid: string) {
  return { ...given, uri: formatSrUri(location), sr_uuid: uuid }
}
