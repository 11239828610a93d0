/** What this daemon remembers of the toolstack's file, to tell after a restart whether somebody else has written it. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { isObject } from '../../contract/normalise.ts'

export interface Marker {
  /** Identifies the time since the host was started; nothing is attached in the next. */
  readonly boot: string
  /** Of the file as this daemon wrote it last. */
  readonly digest: string
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id'

export function bootId(): string {
  return readFileSync(BOOT_ID, 'utf8').trim()
}

export function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

/** The marker, or undefined where there is none that can be read. */
export function readMarker(path: string): Marker | undefined {
  try {
    const marker: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (isObject(marker) && typeof marker.boot === 'string' && typeof marker.digest === 'string')
      return { boot: marker.boot, digest: marker.digest }
  } catch {
    // Without a marker the file itself counts, as for the first daemon.
  }
  return undefined
}

export async function writeMarker(path: string, marker: Marker): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  await writeFileAtomic(path, `${JSON.stringify(marker)}\n`, { mode: 0o600 })
}
