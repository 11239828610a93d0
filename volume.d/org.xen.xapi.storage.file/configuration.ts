/** The device_config of an SR: where its directory is. */
import { FileUriError, formatFileUri, parseFileUri } from '../../src/engine/file-uri.ts'

/** What SR.probe, SR.create and SR.attach are given. */
export type Configuration = Readonly<Record<string, string>>

/** Key → description, for Plugin.query. */
export const CONFIGURATION_KEYS = {
  uri: 'URI of the directory that holds the SR: file:///absolute/path, percent-encoded',
  sr_uuid: 'uuid of the SR expected there; SR.create and SR.probe add it',
}

/** A device_config from which no directory can be read. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/**
 * The directory that a configuration names.
 * @throws ConfigurationError, FileUriError
 */
export function directoryOf(configuration: Configuration): string {
  const { uri } = configuration
  if (uri === undefined) throw new ConfigurationError('device_config has no uri; give uri=file:///directory')
  const { path, options } = parseFileUri(uri)
  if (options.size > 0) throw new FileUriError(uri, 'the URI of an SR takes no options')
  if (path === '/') throw new FileUriError(uri, 'the root directory cannot be an SR; name a directory below it')
  return path
}

/** The complete configuration of the SR in a directory. */
export function completeConfiguration(configuration: Configuration, directory: string, uuid: string): Configuration {
  return { ...configuration, uri: formatFileUri(directory), sr_uuid: uuid }
}
