/** External data representation (RFC 4506), as much of it as NFS needs. */

/** Writes values one behind the other. */
export class XdrWriter {
  readonly #parts: Buffer[] = []

  uint32(value: number): this {
    const part = Buffer.alloc(4)
    part.writeUInt32BE(value)
    return this.#add(part)
  }

  uint64(value: bigint): this {
    const part = Buffer.alloc(8)
    part.writeBigUInt64BE(value)
    return this.#add(part)
  }

  boolean(value: boolean): this {
    return this.uint32(value ? 1 : 0)
  }

  /** Bytes of a length that the reader knows. */
  fixed(bytes: Buffer): this {
    return this.#add(bytes).#add(padding(bytes.length))
  }

  opaque(bytes: Buffer): this {
    return this.uint32(bytes.length).fixed(bytes)
  }

  string(text: string): this {
    return this.opaque(Buffer.from(text))
  }

  /** A value that may be absent. */
  optional<T>(value: T | undefined, write: (value: T) => void): this {
    this.boolean(value !== undefined)
    if (value !== undefined) write(value)
    return this
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  #add(part: Buffer): this {
    this.#parts.push(part)
    return this
  }
}

/** What a server sent does not mean anything. */
export class XdrError extends Error {
  override readonly name = 'XdrError'
}

/** Reads values one behind the other. */
export class XdrReader {
  readonly #buffer: Buffer
  #position = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  uint32(): number {
    return this.#take(4).readUInt32BE()
  }

  uint64(): bigint {
    return this.#take(8).readBigUInt64BE()
  }

  boolean(): boolean {
    return this.uint32() !== 0
  }

  fixed(length: number): Buffer {
    const bytes = this.#take(length)
    this.#take(padding(length).length)
    return bytes
  }

  opaque(): Buffer {
    return this.fixed(this.uint32())
  }

  string(): string {
    return this.opaque().toString()
  }

  optional<T>(read: () => T): T | undefined {
    return this.boolean() ? read() : undefined
  }

  /** A list in which each element is announced by a true. */
  list<T>(read: () => T): T[] {
    const elements: T[] = []
    while (this.boolean()) elements.push(read())
    return elements
  }

  #take(length: number): Buffer {
    const end = this.#position + length
    if (end > this.#buffer.length) throw new XdrError(`a reply of ${this.#buffer.length} bytes ends too early`)
    const bytes = this.#buffer.subarray(this.#position, end)
    this.#position = end
    return bytes
  }
}

/** Everything is a multiple of four bytes. */
function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4)
}
