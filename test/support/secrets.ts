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

function textsBelow(directory: string): string {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name !== 'image')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')
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
