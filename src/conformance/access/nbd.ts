/**
 * A client of the NBD protocol: fixed newstyle handshake, then one request at a time. As small as reading and writing a
 * test pattern needs, so that nothing has to be installed on the machine of a plugin's author.
 */
import { connect, type Socket } from 'node:net'
import { ByteReader } from './byte-reader.ts'
import type { NbdAddress } from './nbd-uri.ts'

const MAGIC = 0x4e42444d41474943n
const OPTION_MAGIC = 0x49484156454f5054n
const REPLY_MAGIC = 0x3e889045565a9n
const REQUEST_MAGIC = 0x25609513
const SIMPLE_REPLY_MAGIC = 0x67446698

const FIXED_NEWSTYLE = 1
const NO_ZEROES = 2

const EXPORT_NAME = 1
const GO = 7
const ACK = 1
const INFO = 3
const INFO_EXPORT = 0
const ERR_UNSUP = 2 ** 31 + 1

const READ = 0
const WRITE = 1
const DISCONNECT = 2
const FLUSH = 3

const READ_ONLY_FLAG = 2
const FLUSH_FLAG = 4

/** Bytes of one request. */
const LARGEST = 1024 * 1024
/** Milliseconds without an answer after which the server counts as gone. */
const PATIENCE = 120_000

interface Export {
  readonly size: bigint
  readonly flags: number
}

export class NbdClient {
  readonly #socket: Socket
  readonly #reader: ByteReader
  readonly #export: Export
  #handle = 0n

  private constructor(socket: Socket, reader: ByteReader, exported: Export) {
    this.#socket = socket
    this.#reader = reader
    this.#export = exported
  }

  /** Rejects where the server is not there or has no such export. */
  static async open({ connect: address, exportName }: NbdAddress): Promise<NbdClient> {
    const socket = connect(address)
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('the server does not answer')))
    const reader = new ByteReader(socket)
    try {
      const noZeroes = await greet(socket, reader)
      const exported = (await go(socket, reader, exportName)) ?? (await byName(socket, reader, exportName, noZeroes))
      return new NbdClient(socket, reader, exported)
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  /** Bytes. */
  get size(): bigint {
    return this.#export.size
  }

  get isReadOnly(): boolean {
    return (this.#export.flags & READ_ONLY_FLAG) !== 0
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for (let done = 0; done < length; done += LARGEST) {
      const size = Math.min(LARGEST, length - done)
      await this.#request(READ, offset + done, size)
      parts.push(Buffer.from(await this.#reader.read(size)))
    }
    return Buffer.concat(parts)
  }

  async write(offset: number, bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length; done += LARGEST) {
      const part = bytes.subarray(done, done + LARGEST)
      await this.#request(WRITE, offset + done, part.length, part)
    }
  }

  async flush(): Promise<void> {
    if ((this.#export.flags & FLUSH_FLAG) !== 0) await this.#request(FLUSH, 0, 0)
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return
    const closed = new Promise((resolve) => this.#socket.once('close', resolve))
    this.#socket.end(request(DISCONNECT, 0n, 0, 0))
    await closed
  }

  async #request(type: number, offset: number, length: number, payload?: Buffer): Promise<void> {
    this.#handle += 1n
    const header = request(type, this.#handle, offset, length)
    this.#socket.write(payload === undefined ? header : Buffer.concat([header, payload]))
    const reply = await this.#reader.read(16)
    if (reply.readUInt32BE(0) !== SIMPLE_REPLY_MAGIC) throw new Error('the server does not speak NBD')
    const error = reply.readUInt32BE(4)
    if (error !== 0) throw new Error(`the server answers with error ${error}`)
  }
}

function request(type: number, handle: bigint, offset: number, length: number): Buffer {
  const header = Buffer.alloc(28)
  header.writeUInt32BE(REQUEST_MAGIC, 0)
  header.writeUInt16BE(type, 6)
  header.writeBigUInt64BE(handle, 8)
  header.writeBigUInt64BE(BigInt(offset), 16)
  header.writeUInt32BE(length, 24)
  return header
}

/** @returns whether the server leaves out the padding of the old answer */
async function greet(socket: Socket, reader: ByteReader): Promise<boolean> {
  const greeting = await reader.read(18)
  if (greeting.readBigUInt64BE(0) !== MAGIC || greeting.readBigUInt64BE(8) !== OPTION_MAGIC)
    throw new Error('the server does not speak NBD with the newstyle handshake')
  const flags = greeting.readUInt16BE(16) & (FIXED_NEWSTYLE | NO_ZEROES)
  const answer = Buffer.alloc(4)
  answer.writeUInt32BE(flags, 0)
  socket.write(answer)
  return (flags & NO_ZEROES) !== 0
}

function option(code: number, data: Buffer): Buffer {
  const header = Buffer.alloc(16)
  header.writeBigUInt64BE(OPTION_MAGIC, 0)
  header.writeUInt32BE(code, 8)
  header.writeUInt32BE(data.length, 12)
  return Buffer.concat([header, data])
}

/** Chooses the export; undefined where the server does not know how. */
async function go(socket: Socket, reader: ByteReader, name: string): Promise<Export | undefined> {
  const text = Buffer.from(name)
  const data = Buffer.alloc(4 + text.length + 2)
  data.writeUInt32BE(text.length, 0)
  text.copy(data, 4)
  socket.write(option(GO, data))
  let exported: Export | undefined
  for (;;) {
    const header = await reader.read(20)
    if (header.readBigUInt64BE(0) !== REPLY_MAGIC) throw new Error('the server does not speak NBD')
    const type = header.readUInt32BE(12)
    const length = header.readUInt32BE(16)
    const body = length > 0 ? Buffer.from(await reader.read(length)) : Buffer.alloc(0)
    if (type === ERR_UNSUP) return undefined
    if (type === ACK && exported !== undefined) return exported
    if (type !== INFO) throw new Error(`the server refuses the export ${JSON.stringify(name)}: ${body.toString()}`)
    if (body.readUInt16BE(0) === INFO_EXPORT) exported = { size: body.readBigUInt64BE(2), flags: body.readUInt16BE(10) }
  }
}

async function byName(socket: Socket, reader: ByteReader, name: string, noZeroes: boolean): Promise<Export> {
  socket.write(option(EXPORT_NAME, Buffer.from(name)))
  const answer = await reader.read(10)
  const exported = { size: answer.readBigUInt64BE(0), flags: answer.readUInt16BE(8) }
  if (!noZeroes) await reader.read(124)
  return exported
}
