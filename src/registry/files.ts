/** What stands at a path: the few file system reads that discovery and trust share, without a process or a write. */
import { accessSync, type BigIntStats, constants, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Objection, RejectionCode } from './rejections.ts'

/** One symbolic link that was followed. */
export interface Link {
  readonly path: string
  readonly stats: BigIntStats
  /** Absolute path that the link names; it may be a link again. */
  readonly target: string
}

/** What a path leads to. */
export interface Found {
  /** Of the thing itself, after every link. */
  readonly stats: BigIntStats
  /** Absolute path of the thing itself, links of its parent directories not resolved. */
  readonly path: string
  /** The links followed to get there, in order; empty when the path is no link. */
  readonly links: readonly Link[]
}

/** As many links in a row as the kernel follows (path_resolution(7)). */
const LINKS_AT_MOST = 40

const FAULT_OF_ERRNO: Readonly<Record<string, RejectionCode>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  ELOOP: 'link-loop',
}

/**
 * Reads of one moment. Each path is read once, so that the hundred links of a plugin to one file cost one stat; keep
 * an instance for the length of one discovery and never longer, for nothing in it is ever refreshed.
 */
export class Files {
  readonly #found = new Map<string, Found | Objection>()
  readonly #lists = new Map<string, readonly string[] | Objection>()
  readonly #realPaths = new Map<string, string>()
  readonly #executable = new Map<string, boolean>()

  /** Every path that was looked at, whether something is there or not. */
  get looked(): Iterable<string> {
    return this.#found.keys()
  }

  /** Every directory that was listed. */
  get listed(): Iterable<string> {
    return this.#lists.keys()
  }

  /** What stands at an absolute path after following links, or why that cannot be said. */
  follow(path: string): Found | Objection {
    return this.#follow(path, LINKS_AT_MOST)
  }

  /** The names in a directory in byte order, or why it cannot be listed. */
  list(directory: string): readonly string[] | Objection {
    const known = this.#lists.get(directory)
    if (known !== undefined) return known
    const names = namesIn(directory)
    this.#lists.set(directory, names)
    return names
  }

  /** Whether the kernel would let this process execute what was found (also false on a file system mounted noexec). */
  executable({ path }: Found): boolean {
    const known = this.#executable.get(path)
    if (known !== undefined) return known
    const executable = isExecutable(path)
    this.#executable.set(path, executable)
    return executable
  }

  #follow(path: string, linksLeft: number): Found | Objection {
    const known = this.#found.get(path)
    if (known !== undefined) return known
    const found = this.#look(path, linksLeft)
    this.#found.set(path, found)
    return found
  }

  #look(path: string, linksLeft: number): Found | Objection {
    try {
      // What is not there is the usual case, and an exception would cost more than the look.
      const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
      if (stats === undefined) return fault(path, 'ENOENT')
      if (!stats.isSymbolicLink()) return { stats, path, links: [] }
      if (linksLeft === 0) return { code: 'link-loop', message: `${path} is a symbolic link that never ends` }
      const target = resolve(this.#realPath(dirname(path)), readlinkSync(path))
      const beyond = this.#follow(target, linksLeft - 1)
      if (isObjection(beyond)) return throughLink(path, target, beyond)
      return { ...beyond, links: [{ path, stats, target }, ...beyond.links] }
    } catch (error) {
      return faultOf(path, error)
    }
  }

  #realPath(directory: string): string {
    const known = this.#realPaths.get(directory)
    if (known !== undefined) return known
    const real = realpathSync.native(directory)
    this.#realPaths.set(directory, real)
    return real
  }
}

export function isObjection(value: object): value is Objection {
  return 'code' in value && 'message' in value
}

/**
 * Identity of a file's content and permissions: changes whenever the file is replaced, written, or its mode changes.
 */
export function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.mtimeNs}:${stats.ctimeNs}`
}

/** A path as one word of a shell command line. */
export function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function namesIn(directory: string): readonly string[] | Objection {
  try {
    const names = readdirSync(directory, { encoding: 'buffer' })
    return names.sort(Buffer.compare).map((name) => name.toString())
  } catch (error) {
    return faultOf(directory, error)
  }
}

function throughLink(link: string, target: string, beyond: Objection): Objection {
  if (beyond.code === 'missing')
    return { code: 'dangling-link', message: `${link} is a symbolic link to ${target}, which does not exist` }
  if (beyond.code === 'link-loop')
    return { code: 'link-loop', message: `${link} is a symbolic link that leads back to itself` }
  return beyond
}

function faultOf(path: string, error: unknown): Objection {
  return fault(path, (error as NodeJS.ErrnoException).code ?? String(error))
}

function fault(path: string, errno: string): Objection {
  const code = FAULT_OF_ERRNO[errno] ?? 'unreadable'
  const text: Partial<Record<RejectionCode, string>> = {
    missing: `${path} does not exist`,
    'link-loop': `${path} leads through a loop of symbolic links`,
  }
  return { code, message: text[code] ?? `${path} cannot be read (${errno})` }
}
