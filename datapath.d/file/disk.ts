/** What a URI asks for. */
import { realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readOptions, type XenBackend } from '../../src/engine/disk-options.ts'
import { DiskUriError, parseDiskUri } from '../../src/engine/disk-uri.ts'
import { normalizePath } from '../../src/engine/file-uri.ts'
import { canUseLoops } from '../../src/engine/loop.ts'
import type { CacheMode } from '../../src/engine/qsd/description.ts'

/** The options that only this plugin has. */
export const OWN_OPTIONS = {
  engine: ['kernel', 'qsd', 'tapdisk'],
  backend: ['vbd', 'qdisk', 'vbd3'],
  offset: 'integer',
  size: 'positive integer',
} as const

/** An image file or block device, and how it is to be reached. */
export interface Disk {
  readonly path: string
  /** The path without symbolic links, also where the file is gone. */
  readonly realPath: string
  /** The options given, in one form: two URIs of one path with the same options are the same disk. */
  readonly options: string
  /** `none`: the page cache is bypassed. `writeback`: it is used. Undefined: bypassed where that is possible. */
  readonly cache: CacheMode | undefined
  readonly discard: 'unmap' | 'ignore'
  readonly readOnly: boolean
  readonly backend: XenBackend
}

/** A path that cannot be attached. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
}

/**
 * Reads a URI: scheme, an absolute path of this host, and options.
 * @throws DiskUriError, ConfigurationError
 */
export function parseDisk(text: string): Disk {
  const uri = parseDiskUri(text)
  const { host, port, user, query } = uri
  if (port !== undefined || user !== undefined || !['', 'localhost'].includes(host.toLowerCase())) {
    throw new DiskUriError(text, `it names a server; only this host is possible: ${uri.scheme}:///path`)
  }
  if (!uri.path.startsWith('/')) throw new DiskUriError(text, 'its path is not absolute')
  const { cache, discard, readOnly, backend } = readOptions(uri, OWN_OPTIONS)
  const path = normalizePath(uri.path)
  return {
    path,
    realPath: realPathOf(path),
    options: [...query]
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join('&'),
    cache,
    discard,
    readOnly,
    backend,
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
      return join(realpathSync.native(directory), name)
    } catch {
      // Gone, or not ours to see: the next longer part of the path may be there.
    }
  }
  return path
}
