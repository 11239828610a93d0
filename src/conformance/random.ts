/** Random choices that are the same for the same seed and check, whatever runs beside it. */
import { createHash } from 'node:crypto'

export class Random {
  #state: number

  constructor(seed: number, check: string) {
    this.#state = createHash('sha256').update(`${seed} ${check}`).digest().readUInt32LE(0)
  }

  /** A number of at least 0 and less than 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** An integer from `low` up to and including `high`. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.integer(0, values.length - 1)] ?? values[0]
  }

  /** A word of small letters and digits. */
  word(length: number): string {
    return Array.from({ length }, () => this.integer(0, 35).toString(36)).join('')
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length)
    for (let offset = 0; offset < length; offset += 4) {
      const value = Math.floor(this.next() * 2 ** 32)
      for (let index = offset; index < Math.min(offset + 4, length); index += 1)
        bytes[index] = value >>> (8 * (index - offset))
    }
    return bytes
  }
}
