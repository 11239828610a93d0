/** The messages between the kernel and a file system outside of it (FUSE, linux/fuse.h): numbers and layouts. */
import { endianness } from 'node:os'

/** The newest version of the protocol that is spoken here; newer kernels speak it too. */
export const MAJOR = 7
export const MINOR = 31

export const IN_HEADER_SIZE = 40
export const OUT_HEADER_SIZE = 16

export const OPCODES = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  setattr: 4,
  mkdir: 9,
  unlink: 10,
  rmdir: 11,
  rename: 12,
  link: 13,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  fsync: 20,
  flush: 25,
  init: 26,
  opendir: 27,
  readdir: 28,
  releasedir: 29,
  fsyncdir: 30,
  create: 35,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
  rename2: 45,
} as const

/** Bits of `valid` in a setattr request. */
export const CHANGES = { mode: 1, uid: 2, gid: 4, size: 8, atime: 16, mtime: 32, atimeNow: 128, mtimeNow: 256 } as const

/** For the flags of an opened file: nothing of it is kept by the kernel. */
export const DIRECT_IO = 1

/** In the flags of the initialization: more than one page in a write. */
export const BIG_WRITES = 1 << 5
export const MAX_PAGES = 1 << 22

/** The number of the root directory. */
export const ROOT = 1n

/** Reads the fields of a request one behind the other. */
export class FuseReader {
  readonly #buffer: Buffer
  #position: number

  constructor(buffer: Buffer, position = 0) {
    this.#buffer = buffer
    this.#position = position
  }

  uint32(): number {
    return this.#buffer.readUInt32LE(this.#advance(4))
  }

  uint64(): bigint {
    return this.#buffer.readBigUInt64LE(this.#advance(8))
  }

  skip(bytes: number): this {
    this.#advance(bytes)
    return this
  }

  /** A name, which ends with a zero. */
  name(): string {
    const end = this.#buffer.indexOf(0, this.#position)
    const name = this.#buffer.toString('utf8', this.#position, end)
    this.#position = end + 1
    return name
  }

  rest(): Buffer {
    return this.#buffer.subarray(this.#position)
  }

  #advance(bytes: number): number {
    const position = this.#position
    this.#position += bytes
    return position
  }
}

/** Writes the fields of a reply one behind the other. */
export class FuseWriter {
  readonly #parts: Buffer[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  uint16(value: number): this {
    const part = Buffer.alloc(2)
    part.writeUInt16LE(value)
    return this.bytes(part)
  }

  uint32(value: number): this {
    const part = Buffer.alloc(4)
    part.writeUInt32LE(value >>> 0)
    return this.bytes(part)
  }

  uint64(value: bigint): this {
    const part = Buffer.alloc(8)
    part.writeBigUInt64LE(BigInt.asUintN(64, value))
    return this.bytes(part)
  }

  bytes(part: Buffer): this {
    this.#parts.push(part)
    this.#length += part.length
    return this
  }

  zeros(count: number): this {
    return this.bytes(Buffer.alloc(count))
  }

  done(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

/** The kernel writes numbers as the processor does; all that Debian's Node.js runs on are alike but one. */
export function isSupported(): boolean {
  return endianness() === 'LE'
}
