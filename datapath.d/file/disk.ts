/** What a URI asks for. */
import { realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FileUriError, parseFileUri } from '../../src/engine/file-uri.ts'
import { canUseLoops } from '../../src/engine/loop.ts'

/** Options of the URI's query → the values each can have. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  cache: ['none', 'writeback'],
  discard: ['unmap', 'ignore'],
  'read-only': ['true', 'false'],
}

/** An image file or block device, and how it is to be reached. */
export interface Disk {
  readonly path: string
  /** The path without symbolic links, also where the file is gone. */
  readonly realPath: string
  /** The options given, in one form: two URIs of one path with the same options are the same disk. */
  readonly options: string
  /** `none`: the page cache is bypassed. `writeback`: it is used. Undefined: bypassed where that is possible. */
  readonly cache: 'none' | 'writeback' | undefined
  readonly discard: boolean
  readonly readOnly: boolean
}

/** A path that cannot be attached. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
}

/**
 * Reads a URI: `file:///path?cache=none|writeback&discard=unmap|ignore&read-only=true|false`.
 * @throws FileUriError
 */
export function parseDisk(uri: string): Disk {
  const { path, options } = parseFileUri(uri)
  for (const [name, value] of options) {
    const values = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined
    if (values === undefined) {
      throw new FileUriError(uri, `there is no option ${name}; there are ${Object.keys(OPTIONS).join(', ')}`)
    }
    if (!values.includes(value)) throw new FileUriError(uri, `${name} is ${values.join(' or ')}, not ${value}`)
  }
  const cache = options.get('cache')
  return {
    path,
    realPath: realPathOf(path),
    options: [...options]
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join('&'),
    cache: cache === 'none' || cache === 'writeback' ? cache : undefined,
    discard: options.get('discard') !== 'ignore',
    readOnly: options.get('read-only') === 'true',
  }
}

/** How a disk that is there can be reached. */
export interface Access {
  /** A regular file, or a block device that serves as it is. */
  readonly kind: 'file' | 'block'
  /** Bytes of a regular file. */
  readonly size: number
  readonly readOnly: boolean
  /** Whether a loop device stands between the disk and its users. */
  readonly loop: boolean
}

/**
 * Looks at what the path names. An image that nobody may write is attached read-only: so a snapshot says what it is.
 * @throws DiskError where it is missing, or neither a regular file nor a block device
 */
export function accessTo(disk: Disk): Access {
  const stats = statSync(disk.path, { throwIfNoEntry: false })
  if (stats === undefined) throw new DiskError(`${disk.path} does not exist`)
  const kind = kindOf(stats)
  if (kind === undefined) throw new DiskError(`${disk.path} is neither a regular file nor a block device`)
  const readOnly = disk.readOnly || (kind === 'file' && (stats.mode & 0o222) === 0)
  return { kind, size: stats.size, readOnly, loop: canUseLoops() && (kind === 'file' || readOnly) }
}

function kindOf(stats: Stats): Access['kind'] | undefined {
  if (stats.isFile()) return 'file'
  return stats.isBlockDevice() ? 'block' : undefined
}

function realPathOf(path: string): string {
  for (const [directory, name] of [
    [path, ''],
    [dirname(path), basename(path)],
  ] as const) {
    try {
      return join(realpathSync(directory), name)
    } catch {
      // Gone, or not ours to see: the next longer part of the path may be there.
    }
  }
  return path
}
