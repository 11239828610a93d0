/** The mounts of plugins, which are in namespaces of their own. */
import { readdirSync, readFileSync } from 'node:fs'

/** The pids of the processes that hold a mount below a directory. */
export function mountHolders(directory: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid) || pid === process.pid) return false
      try {
        return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(` ${directory}/`)
      } catch {
        return false
      }
    })
}
