/** The messages between the kernel and a file system outside of it (FUSE, linux/fuse.h): numbers and layouts. */

import { endianness } from 'node:os'
import { GrowingBuffer } from '../growing-buffer.ts'

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

/** For the flags of an opened file: nothing of it is kept by the kernel, and nothing is to be done when it is closed. */
export const DIRECT_IO = 1
export const NO_FLUSH = 1 << 5

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

/** Writes a reply: the fields one behind the other, into one buffer, behind room for the header. */
export class FuseWriter {
  readonly #written = new GrowingBuffer(OUT_HEADER_SIZE)

  /** Bytes behind the header. */
  get length(): number {
    return this.#written.length - OUT_HEADER_SIZE
  }

  uint16(value: number): this {
    const position = this.#written.advance(2)
    this.#written.bytes.writeUInt16LE(value, position)
    return this
  }

  uint32(value: number): this {
    const position = this.#written.advance(4)
    this.#written.bytes.writeUInt32LE(value >>> 0, position)
    return this
  }

  uint64(value: bigint): this {
    const position = this.#written.advance(8)
    this.#written.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), position)
    return this
  }

  bytes(part: Buffer): this {
    const position = this.#written.advance(part.length)
    part.copy(this.#written.bytes, position)
    return this
  }

  zeros(count: number): this {
    const position = this.#written.advance(count)
    this.#written.bytes.fill(0, position, this.#written.length)
    return this
  }

  /**
   * The whole reply, with its header; nothing is to be written afterwards.
   * @param unique of the request
   * @param failure the system's number of what went wrong, 0 for nothing
   */
  done(unique: bigint, failure = 0): Buffer {
    this.#written.bytes.writeUInt32LE(this.#written.length, 0)
    this.#written.bytes.writeInt32LE(-failure, 4)
    this.#written.bytes.writeBigUInt64LE(unique, 8)
    return this.#written.bytes.subarray(0, this.#written.length)
  }
}

/** The kernel writes numbers as the processor does; all that Debian's Node.js runs on are alike but one. */
export function isSupported(): boolean {
  return endianness() === 'LE'
}
