/** Where a secret could be seen by others: files and command lines. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

/** Fails where a password, plain or percent-encoded, is in a file below a directory or on a command line. */
export function expectNowhere(password: string, directory: string): void {
  for (const text of [password, encodeURIComponent(password)]) expect(textsBelow(directory)).not.toContain(text)
  expectOnNoCommandLine(password)
}

/** Fails where a password, plain or percent-encoded, is on a command line. */
export function expectOnNoCommandLine(password: string): void {
  for (const text of [password, encodeURIComponent(password)]) expect(commandLines()).not.toContain(text)
}

/** All that is in the files below a directory. */
export function textsBelow(directory: string): string {
  return [...filesBelow(directory).values()].join('\n')
}

/**
 * What is in the files below a directory, by their paths, but for those of block devices, which are the disk itself. Those of a job
 * in the background come and go meanwhile.
 */
export function filesBelow(directory: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    try {
      if (entry.isDirectory()) for (const [each, text] of filesBelow(path)) files.set(each, text)
      else if (entry.isFile() && entry.name !== 'image') files.set(path, readFileSync(path, 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return files
}

function commandLines(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return ''
      }
    })
    .join('\n')
}
