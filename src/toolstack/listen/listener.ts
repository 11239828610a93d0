/** What listens on the daemon's own socket: JSON-RPC line by line, and HTTP for whoever watches the daemon. */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import pLimit, { type LimitFunction } from 'p-limit'
import type { Log } from '../log.ts'
import { answerLine, type JsonRpcParts } from './json-rpc.ts'
import { LineReader } from './line-reader.ts'
import { listenAlone } from './socket.ts'

export interface ListenerOptions extends JsonRpcParts {
  /** How many requests are answered at a time. */
  readonly maxParallel: number
  /** The text of `GET /metrics`. */
  readonly metrics: () => string
  /** The object of `GET /healthz`. */
  readonly health: () => { readonly status: string }
  readonly log: Log
}

const HTTP = /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH) /
/** Requests of one connection that are answered at a time; more are not read. */
const PER_CONNECTION = 64

export class Listener {
  readonly #options: ListenerOptions
  readonly #limit: LimitFunction
  readonly #server: Server
  readonly #http: HttpServer
  readonly #connections = new Set<Socket>()
  readonly #running = new Set<Promise<void>>()
  #isClosing = false

  private constructor(options: ListenerOptions) {
    this.#options = options
    this.#limit = pLimit(options.maxParallel)
    this.#server = createServer((socket) => this.#connected(socket))
    this.#http = createHttpServer((request, response) => {
      const { status, type, body } = this.#page(request.method ?? '', request.url ?? '')
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
    })
  }

  /** @throws Smapiv3Error BAD_CONFIGURATION where the path cannot be listened on */
  static async open(path: string, options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options)
    await listenAlone(listener.#server, path)
    return listener
  }

  /** Takes no further request, waits up to `drain` seconds for those that run, and ends. */
  async close(drain: number): Promise<void> {
    this.#isClosing = true
    this.#server.close()
    for (const socket of this.#connections) socket.pause()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, drain * 1000)
    })
    await Promise.race([Promise.all(this.#running), late])
    clearTimeout(timer)
    for (const socket of this.#connections) socket.destroySoon()
  }

  #connected(socket: Socket): void {
    this.#connections.add(socket)
    socket.on('close', () => this.#connections.delete(socket))
    socket.on('error', (error) => this.#options.log('debug', { error: error.message }, 'a connection broke'))
    socket.once('data', (first) => {
      if (HTTP.test(first.toString('latin1', 0, 8))) {
        socket.pause()
        socket.unshift(first)
        this.#http.emit('connection', socket)
        socket.resume()
      } else this.#speak(socket, first)
    })
  }

  #speak(socket: Socket, first: Buffer): void {
    const reader = new LineReader()
    let running = 0
    const answer = async (line: string) => {
      running += 1
      if (running >= PER_CONNECTION) socket.pause()
      const text = await this.#limit(() => answerLine(line, this.#options))
      if (socket.writable) socket.write(`${text}\n`)
      running -= 1
      if (running < PER_CONNECTION && !this.#isClosing) socket.resume()
    }
    const receive = (chunk: Buffer) => {
      try {
        for (const line of reader.push(chunk)) {
          const task = answer(line).finally(() => this.#running.delete(task))
          this.#running.add(task)
        }
      } catch (error) {
        this.#options.log('warn', { error: (error as Error).message }, 'a connection is ended')
        socket.destroy()
      }
    }
    socket.on('data', receive)
    receive(first)
  }

  #page(method: string, url: string): { status: number; type: string; body: string } {
    const text = 'text/plain; charset=utf-8'
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: text, body: 'GET only\n' }
    if (url === '/metrics') return { status: 200, type: 'text/plain; version=0.0.4', body: this.#options.metrics() }
    if (url !== '/healthz') return { status: 404, type: text, body: 'there are /metrics and /healthz\n' }
    const health = this.#options.health()
    const status = health.status === 'serving' ? 200 : 503
    return { status, type: 'application/json', body: `${JSON.stringify(health)}\n` }
  }
}
