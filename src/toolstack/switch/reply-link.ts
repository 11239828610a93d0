/** The two connections of a client: one sends requests, the other waits for the answers. */
import type { Message } from './messages.ts'
import { type Login, Session } from './session.ts'
import { asSwitchError, SwitchError } from './switch-error.ts'

/** Seconds of a long poll. */
const POLL_TIMEOUT = 30

interface Call {
  readonly resolve: (payload: string) => void
  readonly reject: (error: SwitchError) => void
}

export class ReplyLink {
  /** Settled when the connections are gone. */
  readonly ended: Promise<void>
  readonly #replyQueue: string
  readonly #requests: Session
  readonly #replies: Session
  /** By {@link key}. */
  readonly #calls = new Map<string, Call>()
  /** Answers that came before the switch had told the number of their request. */
  readonly #early = new Map<string, string>()
  #sending = 0
  #end: SwitchError | undefined

  private constructor(replyQueue: string, requests: Session, replies: Session) {
    this.#replyQueue = replyQueue
    this.#requests = requests
    this.#replies = replies
    this.ended = this.#receive()
  }

  /** @throws SwitchError where the switch is not there */
  static async open(login: Login, signal: AbortSignal): Promise<ReplyLink> {
    const requests = await Session.open(login, signal)
    try {
      const replies = await Session.open(login, signal)
      await requests.createTransient(login.token)
      return new ReplyLink(login.token, requests, replies)
    } catch (error) {
      requests.close()
      throw error
    }
  }

  /**
   * The payload of the answer. When it is late the request is withdrawn, so that nobody serves it for nothing.
   * @throws SwitchError
   */
  async call(queue: string, payload: string, late: AbortSignal): Promise<string> {
    const number = await this.#send(queue, payload)
    const id = key(queue, number)
    const early = this.#early.get(id)
    this.#early.delete(id)
    if (early !== undefined) return early
    if (late.aborted) return this.#withdraw(queue, number)
    return new Promise((resolve, reject) => {
      if (this.#end) return reject(this.#end)
      this.#calls.set(id, { resolve, reject })
      late.addEventListener('abort', () => {
        if (this.#calls.delete(id)) this.#withdraw(queue, number).catch(reject)
      })
    })
  }

  close(): void {
    this.#fail(new SwitchError('closed', 'the client of message-switch was closed'))
  }

  async #send(queue: string, payload: string): Promise<number> {
    this.#sending++
    try {
      await this.#requests.createPersistent(queue)
      const number = await this.#requests.sendRequest(queue, this.#replyQueue, payload)
      if (number !== undefined) return number
      throw new SwitchError('refused', `${queue} was destroyed when the request was sent`)
    } catch (error) {
      const failure = asSwitchError(error)
      if (failure.reason !== 'refused') this.#fail(failure)
      throw failure
    } finally {
      this.#sending--
    }
  }

  async #withdraw(queue: string, number: number): Promise<never> {
    await this.#requests.ack(queue, number)
    throw new SwitchError('timed out', `the request to ${queue} was withdrawn`)
  }

  async #receive(): Promise<void> {
    let from: string | undefined
    try {
      while (!this.#end) {
        const { messages, next } = await this.#replies.transfer(this.#replyQueue, from, POLL_TIMEOUT)
        for (const message of messages) await this.#take(message)
        from = next
      }
    } catch (error) {
      this.#fail(asSwitchError(error))
    }
  }

  async #take(message: Message): Promise<void> {
    if (message.kind === 'response') {
      const id = key(message.to.queue, message.to.number)
      const call = this.#calls.get(id)
      this.#calls.delete(id)
      call?.resolve(message.payload)
      if (this.#sending === 0) this.#early.clear()
      else if (!call) this.#early.set(id, message.payload)
    }
    await this.#replies.ack(this.#replyQueue, message.number)
  }

  #fail(error: SwitchError): void {
    if (this.#end) return
    this.#end = error
    this.#requests.close()
    this.#replies.close()
    for (const { reject } of this.#calls.values()) reject(error)
    this.#calls.clear()
  }
}

function key(queue: string, number: number): string {
  return `${queue}/${number}`
}
