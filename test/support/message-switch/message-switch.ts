/**
 * A message switch for tests: the HTTP protocol of the toolstack's message-switch over a Unix socket, with its quirks,
 * and with ways to break it. Written against the interface and not against our client, with which it shares no code.
 */
import { once, setMaxListeners } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { dir } from 'tmp-promise'
import { type Fault, Faults } from './faults.ts'
import { type Message, Queues } from './queues.ts'
import { type Command, Malformed, route } from './routes.ts'

/** One request and its answer, for assertions. */
export interface Exchange {
  /** Counts the connections since the start of the test. */
  readonly connection: number
  /** The session, where the connection had logged in. */
  readonly token: string | undefined
  /** `GET /login/4242`. */
  readonly request: string
  readonly body: string
  /** Absent while the switch has not answered. */
  status?: number
  answer?: string
}

interface Peer {
  readonly number: number
  readonly gone: AbortController
  token?: string
  isBusy: boolean
}

export class MessageSwitch {
  readonly socketPath: string
  /** Everything asked, oldest first. */
  readonly transcript: Exchange[] = []
  /** What a client did that the protocol forbids, such as a second request before the answer to the first. */
  readonly violations: string[] = []
  readonly #removeDirectory: () => Promise<void>
  readonly #isRecording: boolean
  readonly #peers = new Map<Socket, Peer>()
  readonly #faults = new Faults()
  #queues = new Queues()
  #life = new AbortController()
  #server: Server | undefined
  #connections = 0
  #callers = 0

  private constructor(directory: string, removeDirectory: () => Promise<void>, isRecording: boolean) {
    this.socketPath = `${directory}/sock`
    this.#removeDirectory = removeDirectory
    this.#isRecording = isRecording
  }

  /** A switch that listens on a socket in a directory of its own; without a transcript where `record` is false. */
  static async start(options: { record?: boolean } = {}): Promise<MessageSwitch> {
    const { path, cleanup } = await dir({ prefix: 'switch-', unsafeCleanup: true })
    const started = new MessageSwitch(path, cleanup, options.record ?? true)
    await started.up()
    return started
  }

  /** Starts to listen, after {@link down}. */
  async up(): Promise<void> {
    this.#life = new AbortController()
    setMaxListeners(0, this.#life.signal)
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => this.violations.push(String(error)))
    })
    server.on('connection', (socket: Socket) => this.#connected(socket))
    server.on('clientError', (error) => {
      if ('code' in error && String(error.code).startsWith('HPE_')) this.violations.push(String(error.code))
    })
    await rm(this.socketPath, { force: true })
    server.listen(this.socketPath)
    await once(server, 'listening')
    this.#server = server
  }

  /** Dies: every connection breaks, and the queues are lost unless the switch runs with persistence. */
  async down(options: { keepQueues?: boolean } = {}): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    const closed = once(server, 'close')
    server.close()
    this.kill()
    await closed
    this.#queues = options.keepQueues ? this.#queues.persisted() : new Queues()
    this.#life.abort()
  }

  /** Dies and comes back. */
  async restart(options: { keepQueues?: boolean } = {}): Promise<void> {
    await this.down(options)
    await this.up()
  }

  /** Breaks every connection; the switch and its persistent queues live on. */
  kill(): void {
    for (const [socket, peer] of this.#peers) {
      socket.destroy()
      this.#disconnected(socket, peer)
    }
  }

  /** Ends and leaves nothing behind. */
  async stop(): Promise<void> {
    await this.down()
    await this.#removeDirectory()
  }

  inject(fault: Fault): void {
    this.#faults.inject(fault)
  }

  list(prefix = ''): string[] {
    return this.#queues.list(prefix)
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#peers.size
  }

  /** The messages of a queue, oldest first. */
  contents(queue: string): [number: number, message: Message][] {
    return this.#queues.contents(queue).map(([number, { payload, kind }]) => [number, { payload: utf8(payload), kind }])
  }

  /** Creates a queue as a client would that is connected for ever. */
  create(queue: string): void {
    this.#queues.create(queue)
  }

  destroy(queue: string): void {
    this.#queues.destroy(queue)
  }

  /** Enqueues a request, as bytes or text, and returns its number. */
  send(queue: string, payload: string | Buffer, replyQueue: string): number {
    this.#queues.create(queue)
    const bytes = Buffer.from(payload).toString('latin1')
    const id = this.#queues.send(queue, { payload: bytes, kind: ['Request', replyQueue] })
    if (!id) throw new Error(`no queue ${queue}`)
    return id[1]
  }

  /**
   * Calls as a client does that is connected for ever: the answer to the request.
   * Rejects where the switch dies or the seconds are over.
   */
  async call(queue: string, payload: string | Buffer, seconds = 120): Promise<string> {
    const replyQueue = `caller:${this.#callers++}`
    const queues = this.#queues
    queues.create(replyQueue)
    try {
      const number = this.send(queue, payload, replyQueue)
      await queues.arrival([replyQueue], -1, seconds, this.#life.signal)
      if (queues !== this.#queues) throw new Error('the switch died')
      const [[, message] = []] = this.contents(replyQueue)
      if (message?.kind[0] === 'Response' && message.kind[1].join() === `${queue},${number}`) return message.payload
      throw new Error(`no answer to ${queue} ${number}, but ${JSON.stringify(message)}`)
    } finally {
      queues.destroy(replyQueue)
    }
  }

  #connected(socket: Socket): void {
    const peer: Peer = { number: this.#connections++, gone: new AbortController(), isBusy: false }
    this.#peers.set(socket, peer)
    socket.on('close', () => this.#disconnected(socket, peer))
    socket.on('error', () => {})
  }

  /** The last connection of a session takes its transient queues with it. */
  #disconnected(socket: Socket, peer: Peer): void {
    if (!this.#peers.delete(socket)) return
    peer.gone.abort()
    const isLast = [...this.#peers.values()].every(({ token }) => token !== peer.token)
    if (peer.token !== undefined && isLast) this.#queues.endSession(peer.token)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const peer = this.#peers.get(request.socket)
    if (!peer) return
    const what = `${request.method} ${request.url}`
    if (peer.isBusy) this.violations.push(`${what} before the answer to the request before it`)
    peer.isBusy = true
    const body = await bodyOf(request)
    const exchange: Exchange = { connection: peer.number, token: peer.token, request: what, body: utf8(body) }
    if (this.#isRecording) this.transcript.push(exchange)

    const fault = this.#faults.take(what)
    await pause(fault.delay, peer.gone.signal)
    if (peer.gone.signal.aborted) return
    if (fault.drop === 'before') return void request.socket.destroy()
    const { status, answer } = fault.status
      ? { status: fault.status, answer: '' }
      : await this.#obey(peer, request, body)
    await pause(fault.delayAnswer, peer.gone.signal)
    if (fault.drop === 'after') return void request.socket.destroy()

    exchange.status = status
    exchange.answer = utf8(answer)
    peer.isBusy = false
    response.sendDate = false
    response.writeHead(status, { 'content-length': answer.length }).end(answer, 'latin1')
  }

  async #obey(peer: Peer, request: IncomingMessage, body: string): Promise<{ status: number; answer: string }> {
    try {
      const command = route(request.method ?? '', request.url ?? '', body)
      if (!command) return { status: 404, answer: 'Not found' }
      const needsLogin = !['login', 'diagnostics', 'trace'].includes(command.do)
      if (needsLogin && peer.token === undefined) return { status: 404, answer: 'Please log in.' }
      return { status: 200, answer: await this.#run(peer, command, body) }
    } catch (error) {
      if (error instanceof Malformed) return { status: 500, answer: 'Error: Internal Server Error' }
      throw error
    }
  }

  async #run(peer: Peer, command: Command, body: string): Promise<string> {
    const queues = this.#queues
    switch (command.do) {
      case 'login':
        peer.token = command.token
        return ''
      case 'create':
        queues.create(command.queue, command.isTransient ? peer.token : undefined)
        return command.queue
      case 'destroy':
        queues.destroy(command.queue)
        return ''
      case 'request':
        return option(queues.send(command.queue, { payload: body, kind: ['Request', command.replyQueue] }))
      case 'response':
        return option(queues.send(command.queue, { payload: body, kind: ['Response', command.to] }))
      case 'transfer':
        return JSON.stringify(await queues.transfer(command.queues, command.from, command.timeout, peer.gone.signal))
      case 'ack':
        queues.ack(command.queue, command.number)
        return ''
      case 'list':
        return JSON.stringify(queues.list(command.prefix))
      case 'alive':
        return JSON.stringify(queues.alive(command.prefix))
      case 'diagnostics':
        return JSON.stringify(queues.diagnostics())
      case 'trace':
        return JSON.stringify({ events: [] })
      case 'shutdown':
        void setTimeout(1000, undefined, { signal: this.#life.signal }).then(
          () => this.down(),
          () => {},
        )
        return ''
    }
  }
}

/** Waits for some seconds, or until the peer is gone. */
async function pause(seconds = 0, signal: AbortSignal): Promise<void> {
  if (seconds > 0) await setTimeout(seconds * 1000, undefined, { signal }).catch(() => {})
}

/** An OCaml option as JSON: a list of one or none. */
function option(value: unknown): string {
  return JSON.stringify(value === undefined ? [] : [value])
}

/** The body, a byte a character: a payload is bytes to the switch, not text. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
