/** SRs in directories of this host. */
import { join } from 'node:path'
import { FileUriError, formatFileUri, parseFileUri } from '../../src/engine/file-uri.ts'
import type { Configuration, Location, RepositoryDriver } from '../../src/engine/images/driver.ts'
import { CONFIGURATION_KEYS as COMMON_KEYS } from '../../src/engine/images/plugin.ts'
import { incomplete } from '../../src/engine/images/probe.ts'
import { frontOf } from '../../src/engine/qsd/datapath-front.ts'
import { diskOf } from '../../src/engine/qsd/disk.ts'
import { ConfigurationError } from '../../src/engine/sr/errors.ts'
import { KERNEL_LOCKS } from '../../src/engine/sr/locks.ts'

/** Key of device_config → description, for Plugin.query. */
export const CONFIGURATION_KEYS = {
  uri: 'URI of the directory that holds the SR: file:///absolute/path, percent-encoded',
  ...COMMON_KEYS,
}

/** The daemon in which the datapath plugin `file` has the images. */
const DAEMON = 'file'

export const driver: RepositoryDriver = {
  plugin: 'file',
  locate: (configuration) => locationOf(directoryOf(configuration)),
  below: (location, name) => locationOf(join(directoryOf(location.configuration), name)),
  connect: (location) => directoryOf(location.configuration),
  async probe(configuration) {
    if (configuration.uri !== undefined) return undefined
    return [incomplete(configuration, 'uri is missing: give uri=file:///directory')]
  },
  imageUri: ({ sr }, fileName) => `${sr}/${encodeURIComponent(fileName)}`,
  locks: KERNEL_LOCKS,
  localDisk: (uri) => ({ disk: diskOf(DAEMON, uri), front: frontOf(DAEMON, uri) }),
}

function locationOf(directory: string): Location {
  const uri = formatFileUri(directory)
  return { sr: uri, configuration: { uri } }
}

/** @throws ConfigurationError, FileUriError */
function directoryOf({ uri }: Configuration): string {
  if (uri === undefined) throw new ConfigurationError('device_config has no uri; give uri=file:///directory')
  const { path, options } = parseFileUri(uri)
  if (options.size > 0) throw new FileUriError(uri, 'the URI of an SR takes no options')
  if (path === '/') throw new FileUriError(uri, 'the root directory cannot be an SR; name a directory below it')
  return path
}
