/** Which processes of this host have a file open, for programs that hold no lock on what they use, as tapdisk. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ACCESS = 0o3

/** Processes that have a file open for writing, each as `pid name`; none of other hosts. */
export function writersOf(path: string): readonly string[] {
  const { dev, ino } = statSync(path, { bigint: true })
  const isIt = (descriptor: string): boolean => {
    try {
      const open = statSync(descriptor, { bigint: true })
      return open.ino === ino && open.dev === dev
    } catch {
      // Closed since.
      return false
    }
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => descriptorsOf(pid).some((number) => isIt(`/proc/${pid}/fd/${number}`) && isWriting(pid, number)))
    .map((pid) => `${pid} ${read(`/proc/${pid}/comm`).trim()}`)
}

function descriptorsOf(pid: string): readonly string[] {
  try {
    return readdirSync(join('/proc', pid, 'fd'))
  } catch {
    // A process that ended, or somebody else's.
    return []
  }
}

function isWriting(pid: string, number: string): boolean {
  const flags = /^flags:\s+(\d+)/m.exec(read(`/proc/${pid}/fdinfo/${number}`))?.[1]
  return flags !== undefined && (Number.parseInt(flags, 8) & ACCESS) !== 0
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
