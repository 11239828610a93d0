/**
 * A client of ONC RPC (RFC 5531) over TCP. Requests are sent as they come and answered in any order. Where the connection
 * is lost they are sent again on a new one, as long as their time lasts: a server that restarts delays them only.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Server, ServerUnreachableError } from '../server.ts'
import { errnoOf } from '../storage-error.ts'
import { XdrReader, XdrWriter } from './xdr.ts'

const RPC_VERSION = 2
const CALL = 0
const AUTH_NONE = 0
const AUTH_SYS = 1

/** The highest bit of a record's length says that it is the last of a message. */
const LAST = 0x8000_0000

/** Bytes; more is not an answer but nonsense. */
const LARGEST_MESSAGE = 16 << 20

/** Milliseconds between two attempts to connect. */
const PAUSE = 200

/** Servers may demand that clients have one of the ports that only root gets (RFC 1813, section 4.4). */
const PRIVILEGED_PORTS = { first: 600, last: 1023 }

const ACCEPT_ERRORS: Readonly<Record<number, string>> = {
  1: 'it does not have this service',
  2: 'it does not have this version of the service',
  3: 'it does not have this procedure',
  4: 'it does not understand the arguments',
  5: 'it failed inside',
}

/** A server does not serve what is asked for. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
}

/** As whom requests are made (AUTH_SYS). */
export interface RpcUser {
  readonly uid: number
  readonly gid: number
}

/** A program of a server and its version (RFC 5531, section 8). */
export interface RpcProgram {
  readonly name: string
  readonly number: number
  readonly version: number
}

interface Request {
  readonly message: Buffer
  readonly resolve: (reply: Buffer) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

export class RpcClient {
  readonly #server: Server
  readonly #program: RpcProgram
  readonly #user: RpcUser
  /** Milliseconds. */
  readonly #patience: number
  readonly #requests = new Map<number, Request>()
  #socket: Socket | undefined
  #connecting = false
  #closed = false
  #received: Buffer = Buffer.alloc(0)
  #fragments: Buffer[] = []
  #lastFailure = 'it does not answer'
  // Not by node:crypto, which takes milliseconds to load: answers of other connections must not be taken for its own.
  #xid = Math.floor(Math.random() * 2 ** 31)

  /** @param patience milliseconds that a request waits for an answer at most */
  constructor(server: Server, program: RpcProgram, user: RpcUser, patience: number) {
    this.#server = server
    this.#program = program
    this.#user = user
    this.#patience = patience
  }

  /**
   * Calls a procedure.
   * @throws ServerUnreachableError, RpcError
   */
  async call(procedure: number, args = new XdrWriter()): Promise<XdrReader> {
    this.#xid = (this.#xid + 1) >>> 0
    const xid = this.#xid
    const message = framed([this.#header(xid, procedure), args.bytes()])
    const reply = await new Promise<Buffer>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#requests.delete(xid)
        reject(this.#unreachable())
      }, this.#patience)
      this.#requests.set(xid, { message, resolve, reject, timer })
      if (this.#socket === undefined) void this.#connect()
      else this.#socket.write(message)
    })
    return this.#accepted(new XdrReader(reply))
  }

  close(): void {
    this.#closed = true
    this.#socket?.destroy()
    for (const [xid] of this.#requests) this.#settle(xid)?.reject(this.#unreachable())
  }

  #unreachable(): ServerUnreachableError {
    const { host, port } = this.#server
    return new ServerUnreachableError(
      `the server ${host}, port ${port}, cannot be reached for ${this.#program.name}: ${this.#lastFailure}`,
    )
  }

  #header(xid: number, procedure: number): Buffer {
    const { uid, gid } = this.#user
    const { number, version } = this.#program
    const credential = new XdrWriter().uint32(0).string('smapiv3').uint32(uid).uint32(gid).uint32(0).bytes()
    return new XdrWriter()
      .uint32(xid)
      .uint32(CALL)
      .uint32(RPC_VERSION)
      .uint32(number)
      .uint32(version)
      .uint32(procedure)
      .uint32(AUTH_SYS)
      .opaque(credential)
      .uint32(AUTH_NONE)
      .uint32(0)
      .bytes()
  }

  /** Connects, until that succeeds or nobody waits any more, and sends what has no answer. */
  async #connect(): Promise<void> {
    if (this.#connecting) return
    this.#connecting = true
    try {
      while (this.#requests.size > 0 && !this.#closed) {
        const socket = await this.#tryConnect()
        if (socket === undefined) {
          await sleep(PAUSE, undefined, { ref: false })
          continue
        }
        this.#adopt(socket)
        for (const { message } of this.#requests.values()) socket.write(message)
        return
      }
    } finally {
      this.#connecting = false
    }
  }

  #adopt(socket: Socket): void {
    this.#socket = socket
    this.#received = Buffer.alloc(0)
    this.#fragments = []
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 10_000)
    socket.on('data', (data) => this.#receive(data))
    socket.on('error', (error) => {
      this.#lastFailure = error.message
    })
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
      void this.#connect()
    })
  }

  async #tryConnect(): Promise<Socket | undefined> {
    const { first, last } = PRIVILEGED_PORTS
    const isRoot = process.geteuid?.() === 0
    const socket = connect({
      ...this.#server,
      ...(isRoot ? { localPort: first + Math.floor(Math.random() * (last + 1 - first)) } : {}),
    })
    try {
      await new Promise<void>((resolve, reject) => {
        socket.setTimeout(this.#patience, () => reject(new Error('it does not answer')))
        socket.once('connect', resolve)
        socket.once('error', reject)
      })
      socket.setTimeout(0)
      return socket
    } catch (error) {
      socket.destroy()
      // Another of the ports will be free.
      if (errnoOf(error) !== 'EADDRINUSE' && error instanceof Error) this.#lastFailure = error.message
      return undefined
    }
  }

  #receive(data: Buffer): void {
    this.#received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data])
    while (this.#received.length >= 4) {
      const mark = this.#received.readUInt32BE()
      const length = mark & ~LAST
      if (length > LARGEST_MESSAGE) return void this.#socket?.destroy(new Error('it does not speak RPC'))
      if (this.#received.length < 4 + length) return
      this.#fragments.push(this.#received.subarray(4, 4 + length))
      this.#received = this.#received.subarray(4 + length)
      if ((mark & LAST) === 0) continue
      const [only] = this.#fragments
      const message = this.#fragments.length === 1 && only !== undefined ? only : Buffer.concat(this.#fragments)
      this.#fragments = []
      if (message.length >= 4) this.#settle(message.readUInt32BE())?.resolve(message)
    }
  }

  /** The request of an answer; undefined for an answer that came twice or too late. */
  #settle(xid: number): Request | undefined {
    const request = this.#requests.get(xid)
    this.#requests.delete(xid)
    clearTimeout(request?.timer)
    return request
  }

  /** Skips the header of a reply and leaves the results. */
  #accepted(reply: XdrReader): XdrReader {
    reply.uint32()
    reply.uint32()
    const where = `the server ${this.#server.host} refuses ${this.#program.name}`
    if (reply.uint32() !== 0) throw new RpcError(`${where}: it does not let this host in`)
    reply.uint32()
    reply.opaque()
    const status = reply.uint32()
    if (status !== 0) throw new RpcError(`${where}: ${ACCEPT_ERRORS[status] ?? `status ${status}`}`)
    return reply
  }
}

function framed(parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([new XdrWriter().uint32((LAST | length) >>> 0).bytes(), ...parts])
}
