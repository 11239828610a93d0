/** What tells things apart. Not by node:crypto, which takes longer to load than most calls have to do. */
import { readFileSync } from 'node:fs'
import { sha256 } from '@noble/hashes/sha2.js'

/** A UUID that nobody has had (RFC 9562, version 4), from the kernel. */
export function randomUuid(): string {
  return readFileSync('/proc/sys/kernel/random/uuid', 'utf8').trim()
}

/** The SHA-256 of a text, in hexadecimal digits: short, and the same every time. */
export function sha256Of(text: string): string {
  return Buffer.from(sha256(Buffer.from(text))).toString('hex')
}
