/** External data representation (RFC 4506), as much of it as NFS needs. */
import { GrowingBuffer } from '../growing-buffer.ts'

/** Writes values one behind the other. */
export class XdrWriter {
  readonly #written = new GrowingBuffer()

  uint32(value: number): this {
    const position = this.#written.advance(4)
    this.#written.bytes.writeUInt32BE(value, position)
    return this
  }

  uint64(value: bigint): this {
    const position = this.#written.advance(8)
    this.#written.bytes.writeBigUInt64BE(value, position)
    return this
  }

  boolean(value: boolean): this {
    return this.uint32(value ? 1 : 0)
  }

  /** Bytes of a length that the reader knows. */
  fixed(bytes: Buffer): this {
    const position = this.#written.advance(bytes.length + padding(bytes.length))
    bytes.copy(this.#written.bytes, position)
    this.#written.bytes.fill(0, position + bytes.length, this.#written.length)
    return this
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

  /** What was written; nothing is to be written afterwards. */
  bytes(): Buffer {
    return this.#written.bytes.subarray(0, this.#written.length)
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
    return this.#buffer.readUInt32BE(this.#advance(4))
  }

  uint64(): bigint {
    return this.#buffer.readBigUInt64BE(this.#advance(8))
  }

  boolean(): boolean {
    return this.uint32() !== 0
  }

  fixed(length: number): Buffer {
    const position = this.#advance(length)
    this.#advance(padding(length))
    return this.#buffer.subarray(position, position + length)
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

  #advance(length: number): number {
    const position = this.#position
    if (position + length > this.#buffer.length) {
      throw new XdrError(`a reply of ${this.#buffer.length} bytes ends too early`)
    }
    this.#position = position + length
    return position
  }
}

/** Bytes that follow so many: everything is a multiple of four. */
function padding(length: number): number {
  return (4 - (length % 4)) % 4
}
