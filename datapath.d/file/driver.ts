/** Image files and block devices of this host in a qemu-storage-daemon. */
import { closeSync, constants, openSync } from 'node:fs'
import { int64FromText } from '../../src/contract/json.ts'
import { type DiskOptions, describeDisk, pluginConfiguration, readOptions } from '../../src/engine/disk-options.ts'
import { DiskUriError, type ParsedUri, parseDiskUri } from '../../src/engine/disk-uri.ts'
import { type ImageFormat, imageFormatOf } from '../../src/engine/image-format.ts'
import type { SchemeDriver } from '../../src/engine/qsd/datapath.ts'
import type { CacheMode, DiskDescription } from '../../src/engine/qsd/description.ts'
import { errnoOf } from '../../src/engine/storage-error.ts'
import { accessTo, OWN_OPTIONS, parseDisk } from './disk.ts'

/** The schemes that the plugin serves → the format, where the scheme says it. */
const SCHEMES: Readonly<Record<string, ImageFormat | undefined>> = {
  file: undefined,
  'raw+file': 'raw',
  'raw+block': 'raw',
  'loop+blkback': 'raw',
  'vhd+file': 'vhd',
}

/** Cache modes that a loop device has. */
const KERNEL_CACHES: readonly (CacheMode | undefined)[] = [undefined, 'none', 'writeback']

export const fileDriver: SchemeDriver = {
  options: OWN_OPTIONS,
  group: () => 'file',
  describe(uri, options) {
    const disk = parseDisk(uri.text)
    const { kind, readOnly } = accessTo(disk)
    const part = partOf(uri, options)
    const description = describeDisk(
      {
        protocol: { driver: kind === 'block' ? 'host_device' : 'file', filename: disk.realPath },
        path: disk.path,
        format: formatOf(uri, options),
        readOnly,
        cache: canBypassCache(disk.realPath) ? 'none' : 'writeback',
      },
      options,
    )
    if (part !== undefined && description.format !== 'raw')
      throw new DiskUriError(uri.text, 'only raw disks have parts')
    return part === undefined
      ? description
      : { ...description, part, protocol: { ...description.protocol, locking: 'off' } }
  },
}

/** Whether the disk of a URI needs a daemon: a loop device can do less, but costs less. */
export function needsDaemon(text: string): boolean {
  const uri = parseDiskUri(text)
  const options = readOptions(uri, OWN_OPTIONS)
  return (
    options.own.get('engine') === 'qsd' ||
    options.own.has('size') ||
    options.own.has('offset') ||
    formatOf(uri, options) !== 'raw' ||
    options.limits !== undefined ||
    options.detectZeroes !== 'off' ||
    !KERNEL_CACHES.includes(options.cache)
  )
}

/**
 * Whether a disk of the scheme that is attached without a word about its engine can be mirrored: not where the scheme has
 * raw disks only, unless the configuration of the plugin has a daemon serve them.
 */
export function mirrorsByDefault(scheme: string): boolean {
  return SCHEMES[scheme] !== 'raw' || engineConfigured() === 'qsd'
}

/** A configuration that cannot be read is an error of the calls that need it. */
function engineConfigured(): string | undefined {
  try {
    return pluginConfiguration().get('engine')
  } catch {
    return undefined
  }
}

/** The part of the file or device that the options offset and size name. */
function partOf({ text }: ParsedUri, { own }: DiskOptions): DiskDescription['part'] {
  const size = int64FromText(own.get('size') ?? '')
  if (size === undefined && own.has('offset')) throw new DiskUriError(text, 'it has an offset and no size')
  return size === undefined ? undefined : { offset: int64FromText(own.get('offset') ?? '0') ?? 0, size }
}

/** The format of a disk: what the scheme says, or the option, or the extension. */
export function formatOf(
  uri: ParsedUri,
  options: Pick<DiskOptions, 'format'> = readOptions(uri, OWN_OPTIONS),
): ImageFormat {
  return SCHEMES[uri.scheme] ?? imageFormatOf(uri.path, options.format)
}

/** Whether the file system lets a file be read without the page cache; tmpfs does not. */
function canBypassCache(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_DIRECT))
    return true
  } catch (error) {
    if (errnoOf(error) === 'EINVAL') return false
    throw error
  }
}
