/** What a plugin has left on this machine, known by the names that only this run has used. */
import { type Dirent, existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { NotApplicable } from './violation.ts'

/** Where plugins keep state and temporary files. */
const DIRECTORIES = ['/run', '/tmp', '/var/tmp', '/var/lock', '/var/run', '/dev/shm']
const DEPTH = 6
/** Entries looked at. */
const ENTRIES = 500_000
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

/**
 * Files that have one of the marks in their name or, written since then, in their content. What lies deep is looked at
 * last: state of plugins does not, and what others have in temporary directories may be too much.
 * @throws NotApplicable where it is too much, and none was found in what was looked at
 */
export function filesOf(marks: ReadonlySet<string>, since: Date, own: string, temporary: string): string[] {
  const found = readdirSync(temporary).map((name) => join(temporary, name))
  const roots = [process.env.SMAPIV3_RUN_DIR ?? '', ...DIRECTORIES].filter((directory) => existsSync(directory))
  // /var/run is /run on most machines.
  let level = [...new Set(roots.map((root) => realpathSync(root)))]
  let entries = 0
  for (let depth = 0; depth < DEPTH && level.length > 0; depth++) {
    const next: string[] = []
    for (const directory of level) {
      const listed = list(directory)
      // One search through all names of a directory for each mark, and not one through each name.
      const areMarked = has(listed.map(({ name }) => name).join('\n'), marks)
      for (const entry of listed) {
        const path = join(directory, entry.name)
        entries += 1
        if (path === own) continue
        if (entries > ENTRIES) {
          if (found.length > 0) return found
          throw new NotApplicable(`needs at most ${ENTRIES} entries in ${roots.join(', ')}`, 'remove what nobody needs')
        }
        if ((areMarked && has(entry.name, marks)) || (entry.isFile() && mentions(path, marks, since))) found.push(path)
        else if (entry.isDirectory()) next.push(path)
      }
    }
    level = next
  }
  return found
}

function mentions(path: string, marks: ReadonlySet<string>, since: Date): boolean {
  try {
    const { size, mtime } = statSync(path)
    return size <= SMALL_FILE && mtime >= since && has(read(path), marks)
  } catch {
    // Gone meanwhile, or on a mount of somebody else's whose server has gone.
    return false
  }
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
