/** The requests of the message-switch protocol, on one logged-in connection. */
import { parseJson } from '../../contract/json.ts'
import { Connection } from './connection.ts'
import { type Batch, isNames, readBatch, readMessageId } from './messages.ts'
import { component } from './names.ts'
import { SwitchError } from './switch-error.ts'

/** Where the switch is and who we are; connections with the same token are one session. */
export interface Login {
  /** The Unix socket of the switch. */
  readonly socketPath: string
  readonly token: string
}

export class Session {
  readonly #connection: Connection

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  /** @throws SwitchError where the switch is not there, or the signal comes first */
  static async open({ socketPath, token }: Login, signal: AbortSignal): Promise<Session> {
    const session = new Session(new Connection(socketPath))
    const close = () => session.close()
    signal.addEventListener('abort', close)
    try {
      if (signal.aborted) close()
      await session.#get(`/login/${component(token)}`)
      return session
    } catch (error) {
      close()
      throw error
    } finally {
      signal.removeEventListener('abort', close)
    }
  }

  /** Creates a queue that outlives the session, unless it exists. */
  async createPersistent(queue: string): Promise<void> {
    await this.#get(`/persistent/${component(queue)}`)
  }

  /** Creates a queue that ends with the session, unless it exists. */
  async createTransient(queue: string): Promise<void> {
    await this.#get(`/transient/${component(queue)}`)
  }

  /** Deletes a queue with the messages in it. */
  async destroy(queue: string): Promise<void> {
    await this.#get(`/destroy/${component(queue)}`)
  }

  /** The queues whose name begins with the prefix. */
  async list(prefix: string): Promise<readonly string[]> {
    return names(await this.#get(`/list/${component(prefix)}`))
  }

  /** Those that have been waited on since the switch started: it never forgets one. */
  async alive(prefix: string): Promise<readonly string[]> {
    return names(await this.#get(`/list/alive/${component(prefix)}`))
  }

  /** Enqueues a request; its number, or undefined where the queue does not exist. */
  async sendRequest(queue: string, replyQueue: string, payload: string): Promise<number | undefined> {
    return this.#post(`/request/${component(queue)}/${component(replyQueue)}`, payload)
  }

  /** Answers message `number` of `queue`; undefined where the reply queue does not exist any more. */
  async sendResponse(replyQueue: string, queue: string, number: number, payload: string): Promise<number | undefined> {
    return this.#post(`/response/${component(replyQueue)}/${component(queue)}/${number}`, payload)
  }

  /** Deletes a message; one that does not exist is no error. */
  async ack(queue: string, number: number): Promise<void> {
    await this.#get(`/ack/${component(queue)}/${number}`)
  }

  /**
   * Waits up to `timeout` seconds for messages numbered above `from` (for any, where that is absent). They stay in the
   * queue until they are acked.
   */
  async transfer(queue: string, from: string | undefined, timeout: number): Promise<Batch> {
    const body = JSON.stringify({ ...(from !== undefined && { from }), timeout, queues: [queue] })
    return understood(
      await this.#connection.request({ method: 'POST', path: '/transfer', body, wait: timeout }),
      (value) => readBatch(value, queue),
    )
  }

  /** Logs out. */
  close(): void {
    this.#connection.close()
  }

  #get(path: string): Promise<string> {
    return this.#connection.request({ method: 'GET', path })
  }

  async #post(path: string, body: string): Promise<number | undefined> {
    return understood(await this.#connection.request({ method: 'POST', path, body }), readMessageId)
  }
}

function names(text: string): readonly string[] {
  return understood(text, (value) => {
    if (isNames(value)) return value
    throw new TypeError('not a list of names')
  })
}

function understood<T>(text: string, read: (value: unknown) => T): T {
  try {
    return read(parseJson(text))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new SwitchError('not understood', `message-switch sent ${JSON.stringify(text.slice(0, 200))}: ${why}`, error)
  }
}
