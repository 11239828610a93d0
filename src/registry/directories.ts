/** Watching a changing set of directories for changes of certain names in them. */
import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Files } from './files.ts'

/** Directory → the names of interest in it, or `all`. */
export type WatchTargets = ReadonlyMap<string, ReadonlySet<string> | 'all'>

interface Armed {
  readonly watcher: FSWatcher
  /** Device and inode: a directory that was replaced is watched anew. */
  readonly inode: string
}

/** Means that it was removed since it was looked at: the next look sees that. */
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])

export class DirectoryWatch {
  readonly #onChange: () => void
  readonly #onFault: (error: NodeJS.ErrnoException, directory: string) => void
  readonly #armed = new Map<string, Armed>()
  #targets: WatchTargets = new Map()

  /**
   * @param onChange called at each event of a name of interest
   * @param onFault called for a directory that the kernel does not let be watched (ENOSPC: no inotify watches left)
   */
  constructor(onChange: () => void, onFault: (error: NodeJS.ErrnoException, directory: string) => void) {
    this.#onChange = onChange
    this.#onFault = onFault
  }

  /** Watches these directories and no others. Returns whether one of them was not watched before. */
  arm(targets: WatchTargets): boolean {
    this.#targets = targets
    for (const directory of this.#armed.keys()) if (!targets.has(directory)) this.#disarm(directory)
    let isNew = false
    for (const directory of targets.keys()) isNew = this.#armOne(directory) || isNew
    return isNew
  }

  close(): void {
    for (const directory of this.#armed.keys()) this.#disarm(directory)
  }

  #armOne(directory: string): boolean {
    const inode = inodeOf(directory)
    if (this.#armed.get(directory)?.inode === inode) return false
    this.#disarm(directory)
    if (inode === undefined) return false
    try {
      const watcher = watch(directory, (event, name) => this.#noticed(directory, event, name))
      watcher.on('error', (error) => this.#failed(directory, error))
      this.#armed.set(directory, { watcher, inode })
      return true
    } catch (error) {
      this.#failed(directory, error as NodeJS.ErrnoException)
      return false
    }
  }

  #noticed(directory: string, event: string, name: string | null): void {
    // Its own name: the directory itself was removed or renamed, and its inode may soon be another's.
    const isItself = event === 'rename' && name === basename(directory)
    if (isItself) this.#disarm(directory)
    const names = this.#targets.get(directory)
    if (isItself || name === null || names === 'all' || names?.has(name)) this.#onChange()
  }

  #failed(directory: string, error: NodeJS.ErrnoException): void {
    this.#disarm(directory)
    if (!GONE.has(error.code ?? '')) this.#onFault(error, directory)
  }

  #disarm(directory: string): void {
    this.#armed.get(directory)?.watcher.close()
    this.#armed.delete(directory)
  }
}

/**
 * What must be watched to notice that a reading would turn out otherwise: every directory that was listed, and for
 * every path that was looked at, its name in the directory that holds it, and so on up to the root of the file system:
 * each may be removed, renamed, or be a link that is swapped. Directories that do not exist are part of it.
 */
export function targetsOf(files: Files): WatchTargets {
  const targets = new Map<string, Set<string> | 'all'>()
  for (const directory of files.listed) targets.set(directory, 'all')
  const seen = new Set<string>()
  for (const path of files.looked)
    for (let at = path; at !== dirname(at) && !seen.has(at); at = dirname(at)) {
      seen.add(at)
      const names = targets.get(dirname(at))
      if (names === undefined) targets.set(dirname(at), new Set([basename(at)]))
      else if (names !== 'all') names.add(basename(at))
    }
  return targets
}

/** Undefined unless a directory is there. */
function inodeOf(directory: string): string | undefined {
  try {
    const stats = statSync(directory, { bigint: true, throwIfNoEntry: false })
    return stats?.isDirectory() ? `${stats.dev}:${stats.ino}` : undefined
  } catch {
    // Unreadable or a loop of links: what lies behind is noticed by the rescan.
    return undefined
  }
}
