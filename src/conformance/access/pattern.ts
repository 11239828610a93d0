/** Bytes that are recognised again: written in several places of a disk, and looked for later. */
import type { Random } from '../random.ts'
import { Violation } from '../violation.ts'
import type { Access } from './access.ts'

export const BLOCK = 64 * 1024

/** What was written where. */
export type Pattern = ReadonlyMap<number, Buffer>

/** Offsets of blocks at the beginning, in the middle and at the end of so many bytes. */
export function spread(size: number): number[] {
  const last = Math.floor((size - BLOCK) / 4096) * 4096
  return [...new Set([0, Math.floor(size / 2 / BLOCK) * BLOCK + 4096, last])]
}

/** Writes random blocks and flushes. */
export async function writePattern(access: Access, random: Random, offsets: readonly number[]): Promise<Pattern> {
  const pattern = new Map(offsets.map((offset) => [offset, random.bytes(BLOCK)] as const))
  for (const [offset, bytes] of pattern) await access.write(offset, bytes)
  await access.flush()
  return pattern
}

/** Blocks of zeroes, to be looked for. */
export function zeroes(offsets: readonly number[]): Pattern {
  return new Map(offsets.map((offset) => [offset, Buffer.alloc(BLOCK)]))
}

/** @throws Violation naming the first byte that is another one */
export async function demandPattern(access: Access, pattern: Pattern, what: string): Promise<void> {
  for (const [offset, bytes] of pattern) {
    const seen = await access.read(offset, bytes.length)
    if (seen.equals(bytes)) continue
    const index = bytes.findIndex((byte, position) => seen[position] !== byte)
    const around = (buffer: Buffer) => buffer.subarray(index, index + 8).toString('hex')
    throw new Violation(`${what}: ${around(bytes)} at byte ${offset + index}`, `${around(seen)}`)
  }
}
