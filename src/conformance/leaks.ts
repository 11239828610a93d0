/** What a plugin has left on this machine, known by the names that only this run has used. */
import { type Dirent, existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Where plugins keep state and temporary files. */
const DIRECTORIES = ['/run', '/tmp', '/var/tmp', '/var/lock', '/var/run', '/dev/shm']
const DEPTH = 6
/** Entries looked at; a machine with more in its temporary directories is looked at in part. */
const ENTRIES = 50_000
/** Bytes of a file that is looked into. */
const SMALL_FILE = 64 * 1024

/** Processes whose environment has a variable of this value, as `pid command`. */
export function processesWith(variable: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(variable))
    .filter((pid) => !/^State:\s+Z/m.test(read(`/proc/${pid}/status`)))
    .map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`)
}

/** Loop devices whose file has one of the marks in its path. */
export function loopDevicesOf(marks: ReadonlySet<string>): string[] {
  const block = '/sys/block'
  if (!existsSync(block)) return []
  return readdirSync(block)
    .filter((name) => name.startsWith('loop'))
    .map((name) => `/dev/${name} ${read(join(block, name, 'loop', 'backing_file')).trim()}`)
    .filter((line) => has(line, marks))
}

/** Mounts with one of the marks in their source or place. */
export function mountsOf(marks: ReadonlySet<string>): string[] {
  return read('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => has(line, marks))
}

/** Files that have one of the marks in their name or, written since then, in their content. */
export function filesOf(marks: ReadonlySet<string>, since: Date, own: string, temporary: string): string[] {
  const found = readdirSync(temporary).map((name) => join(temporary, name))
  let entries = 0
  const walk = (directory: string, depth: number): void => {
    for (const entry of list(directory)) {
      const path = join(directory, entry.name)
      entries += 1
      if (path === own || entries > ENTRIES) continue
      if (has(entry.name, marks) || (entry.isFile() && mentions(path, marks, since))) found.push(path)
      else if (entry.isDirectory() && depth > 1) walk(path, depth - 1)
    }
  }
  const roots = [...DIRECTORIES, process.env.SMAPIV3_RUN_DIR ?? ''].filter((directory) => existsSync(directory))
  // /var/run is /run on most machines.
  for (const directory of new Set(roots.map((root) => realpathSync(root)))) walk(directory, DEPTH)
  return found
}

function mentions(path: string, marks: ReadonlySet<string>, since: Date): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && stats.size <= SMALL_FILE && stats.mtime >= since && has(read(path), marks)
}

function has(text: string, marks: ReadonlySet<string>): boolean {
  for (const mark of marks) if (text.includes(mark)) return true
  return false
}

function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch {
    // Somebody else's, or gone meanwhile.
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // A process that ended, a file that somebody else removed.
    return ''
  }
}
