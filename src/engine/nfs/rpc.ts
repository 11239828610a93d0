/**
 * A client of ONC RPC (RFC 5531) over TCP. Requests are sent as they come and answered in any order. Where the connection
 * is lost they are sent again on a new one, as long as their time lasts: a server that restarts delays them only.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../connection.ts'
import { type Server, ServerUnreachableError } from '../server.ts'
import { connectSocket } from '../socket.ts'
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

/** Seconds of silence after which a server is asked whether it is there. */
const KEEP_ALIVE = 10

/** Attempts to get a port before waiting for one: who has closed a connection keeps its port for a minute. */
const PORT_ATTEMPTS = 20

/** What the system says of a port that is taken, by itself or for this server. */
const PORT_ERRORS: readonly string[] = ['EADDRINUSE', 'EADDRNOTAVAIL']

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
  #socket: Connection | undefined
  #connecting = false
  #closed = false
  #received: Buffer = Buffer.alloc(0)
  #fragments: Buffer[] = []
  #lastFailure = 'it does not answer'
  /** When something came from the server last, or the connection was made. */
  #heard = 0
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
        this.#leaveSilentConnection()
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

  /**
   * On a connection to a server that was away, TCP sends again after pauses that become longer and longer: once the server is back,
   * the next request would wait for half a minute. A new one is made at once.
   */
  #leaveSilentConnection(): void {
    // Half of it: the connection may have been made while the request waited.
    if (performance.now() - this.#heard >= this.#patience / 2) this.#socket?.destroy()
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
      for (let attempt = 1; this.#requests.size > 0 && !this.#closed; attempt++) {
        const made = await this.#tryConnect()
        if (typeof made !== 'string') return this.#adopt(made)
        // Another of the ports will be free.
        if (made !== 'port in use' || attempt % PORT_ATTEMPTS === 0) await sleep(PAUSE, undefined, { ref: false })
      }
    } finally {
      this.#connecting = false
    }
  }

  #adopt(socket: Connection): void {
    if (this.#closed) {
      socket.destroy()
      return
    }
    this.#socket = socket
    this.#heard = performance.now()
    this.#received = Buffer.alloc(0)
    this.#fragments = []
    for (const { message } of this.#requests.values()) socket.write(message)
  }

  #tryConnect(): Promise<Connection | 'port in use' | 'failed'> {
    const { first, last } = PRIVILEGED_PORTS
    const isRoot = process.geteuid?.() === 0
    const localPort = isRoot ? { localPort: first + Math.floor(Math.random() * (last + 1 - first)) } : {}
    return new Promise((resolve) => {
      let failure: 'port in use' | 'failed' = 'failed'
      const socket = connectSocket(
        { ...this.#server, ...localPort, keepAlive: KEEP_ALIVE },
        {
          connected() {
            clearTimeout(timer)
            resolve(socket)
          },
          received: (data) => this.#receive(data),
          failed: (error) => {
            if (PORT_ERRORS.includes(errnoOf(error) ?? '')) failure = 'port in use'
            else this.#lastFailure = error.message
          },
          closed: () => {
            clearTimeout(timer)
            resolve(failure)
            if (this.#socket === socket) this.#socket = undefined
            void this.#connect()
          },
        },
      )
      const timer = setTimeout(() => {
        this.#lastFailure = 'it does not answer'
        socket.destroy()
      }, this.#patience)
    })
  }

  #receive(data: Buffer): void {
    this.#heard = performance.now()
    this.#received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data])
    while (this.#received.length >= 4) {
      const mark = this.#received.readUInt32BE()
      const length = mark & ~LAST
      if (length > LARGEST_MESSAGE) {
        this.#lastFailure = 'it does not speak RPC'
        return void this.#socket?.destroy()
      }
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
