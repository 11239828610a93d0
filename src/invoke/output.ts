/** What a process prints, in bounded memory. */

const BLOCK = 64 * 1024
const NEWLINE = 0x0a
/** Bytes that the end of a line is looked for in. */
const LINE = 4096

/** Collects up to a limit, then nothing more. */
export class LimitedOutput {
  readonly #limit: number
  readonly #blocks: Buffer[] = []
  #length = 0
  /** The block that small pieces are gathered in, so that a million writes of one byte cost a megabyte. */
  #open: { readonly block: Buffer; used: number } | undefined
  exceeded = false

  /** @param limit in bytes */
  constructor(limit: number) {
    this.#limit = limit
  }

  add(chunk: Buffer): void {
    if (this.exceeded) return
    if (this.#length + chunk.length > this.#limit) {
      this.exceeded = true
      return
    }
    this.#length += chunk.length
    if (chunk.length >= BLOCK / 2) {
      this.#seal()
      this.#blocks.push(chunk)
      return
    }
    if (this.#open !== undefined && this.#open.used + chunk.length > BLOCK) this.#seal()
    this.#open ??= { block: Buffer.allocUnsafeSlow(BLOCK), used: 0 }
    chunk.copy(this.#open.block, this.#open.used)
    this.#open.used += chunk.length
  }

  bytes(): Buffer {
    this.#seal()
    const [first] = this.#blocks
    return first !== undefined && this.#blocks.length === 1 ? first : Buffer.concat(this.#blocks, this.#length)
  }

  #seal(): void {
    if (this.#open === undefined) return
    this.#blocks.push(this.#open.block.subarray(0, this.#open.used))
    this.#open = undefined
  }
}

/** Keeps the beginning and the end. */
export class HeadAndTail {
  readonly #each: number
  #head: Buffer = Buffer.alloc(0)
  #tail: Buffer = Buffer.alloc(0)
  #length = 0

  /** @param each bytes kept of the beginning, and as many of the end */
  constructor(each = 32 * 1024) {
    this.#each = each
  }

  add(chunk: Buffer): void {
    this.#length += chunk.length
    const toHead = Math.min(this.#each - this.#head.length, chunk.length)
    if (toHead > 0) this.#head = Buffer.concat([this.#head, chunk.subarray(0, toHead)])
    const rest = chunk.subarray(Math.max(toHead, chunk.length - this.#each))
    if (rest.length > 0) this.#tail = Buffer.concat([this.#tail, rest]).subarray(-this.#each)
  }

  /**
   * As text; a line between the two says how many bytes were left out. The cut is at the end of a line where there is
   * one near, so that neither a line nor a secret in it is split. Bytes that are no UTF-8 become U+FFFD.
   */
  text(): string {
    if (this.#length === this.#head.length + this.#tail.length) {
      return Buffer.concat([this.#head, this.#tail]).toString()
    }
    const lastEnd = this.#head.lastIndexOf(NEWLINE)
    const firstEnd = this.#tail.indexOf(NEWLINE)
    const head = lastEnd >= Math.max(0, this.#head.length - LINE) ? this.#head.subarray(0, lastEnd + 1) : this.#head
    const tail = firstEnd >= 0 && firstEnd < LINE ? this.#tail.subarray(firstEnd + 1) : this.#tail
    const omitted = this.#length - head.length - tail.length
    return `${head}${head.at(-1) === NEWLINE ? '' : '\n'}… ${omitted} bytes left out …\n${tail}`
  }
}
