/** The loop devices of the machine, which other tests make and let go meanwhile. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files behind the loop devices, by the names of these; one that is let go while it is looked at has none. */
export function loopFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const name of readdirSync('/sys/block')) {
    try {
      files.set(`/dev/${name}`, readFileSync(join('/sys/block', name, 'loop/backing_file'), 'utf8').trimEnd())
    } catch {
      // No loop device, or let go.
    }
  }
  return files
}

/** The loop devices of files below a directory, with these files. */
export function loopsBelow(directory: string): string[] {
  return [...loopFiles()]
    .filter(([, file]) => file.startsWith(`${directory}/`))
    .map(([device, file]) => `${device} ${file}`)
}
