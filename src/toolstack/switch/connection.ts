/** One connection to message-switch: a session belongs to it, so it is never opened again behind the caller's back. */
import { createConnection, type Socket } from 'node:net'
import { ResponseReader } from './response-reader.ts'
import { asSwitchError, SwitchError } from './switch-error.ts'

/** Seconds that the switch may take beyond what a request itself waits for. */
const PATIENCE = 60
const NOT_LOGGED_IN = 'Please log in.'

interface Exchange {
  readonly what: string
  readonly text: string
  /** Seconds. */
  readonly patience: number
  readonly resolve: (body: string) => void
  readonly reject: (error: SwitchError) => void
}

/** A request to the switch. */
export interface Request {
  readonly method: 'GET' | 'POST'
  /** Percent-encoded. */
  readonly path: string
  readonly body?: string
  /** Seconds for which the switch may hold back its answer by design. */
  readonly wait?: number
}

export class Connection {
  readonly #socket: Socket
  readonly #reader = new ResponseReader()
  readonly #waiting: Exchange[] = []
  #running: Exchange | undefined
  #end: SwitchError | undefined

  /** Connects to the socket at `path`. The first request must be the login; where nobody listens, it fails. */
  constructor(path: string) {
    const socket = createConnection({ path })
    this.#socket = socket
    socket.on('data', (chunk) => this.#received(chunk))
    socket.on('error', (error) => this.#fail(new SwitchError('connection lost', `${path}: ${error.message}`, error)))
    socket.on('timeout', () => this.#fail(new SwitchError('connection lost', `no answer to ${this.#running?.what}`)))
    socket.on('close', () => this.#fail(new SwitchError('connection lost', 'message-switch closed the connection')))
  }

  /**
   * The body of the answer with status 200. Requests go out one at a time, in the order of the calls.
   * @throws SwitchError: refused and not logged in leave the connection usable, everything else ends it
   */
  request({ method, path, body = '', wait = 0 }: Request): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#end) return reject(this.#end)
      const head = `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: smapiv3\r\nconnection: keep-alive\r\n`
      const text = `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
      this.#waiting.push({ what: `${method} ${path}`, text, patience: wait + PATIENCE, resolve, reject })
      this.#next()
    })
  }

  /** Ends the connection at once; requests without an answer fail as closed. */
  close(): void {
    this.#fail(new SwitchError('closed', 'the connection to message-switch was closed'))
  }

  #next(): void {
    if (this.#running) return
    this.#running = this.#waiting.shift()
    if (!this.#running) return
    this.#socket.setTimeout(this.#running.patience * 1000)
    this.#socket.write(this.#running.text)
  }

  #received(chunk: Buffer): void {
    try {
      if (!this.#running) throw new Error('an answer without a request')
      const response = this.#reader.push(chunk)
      if (!response) return
      const { what, resolve, reject } = this.#running
      this.#running = undefined
      this.#socket.setTimeout(0)
      if (response.status === 200) resolve(response.body)
      else reject(refusal(what, response.status, response.body))
      this.#next()
    } catch (error) {
      this.#fail(new SwitchError('not understood', `message-switch sent ${asSwitchError(error).message}`, error))
    }
  }

  /** The first reason is the one that counts. */
  #fail(error: SwitchError): void {
    if (this.#end) return
    this.#end = error
    this.#socket.destroy()
    const unanswered = this.#running ? [this.#running, ...this.#waiting] : this.#waiting
    for (const { reject } of unanswered.splice(0)) reject(error)
    this.#running = undefined
  }
}

function refusal(what: string, status: number, body: string): SwitchError {
  const message = `message-switch answered ${what} with status ${status}: ${body.slice(0, 200)}`
  return new SwitchError(status === 404 && body.startsWith(NOT_LOGGED_IN) ? 'not logged in' : 'refused', message)
}
