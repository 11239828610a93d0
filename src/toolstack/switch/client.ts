/** The client role: calls services that serve a queue of message-switch. */
import { Backoff, pause } from './backoff.ts'
import { checkName } from './names.ts'
import { ReplyLink } from './reply-link.ts'
import { type Login, Session } from './session.ts'
import { SwitchError } from './switch-error.ts'

/**
 * Calls the services behind queues. It connects at the first call and again after a loss; a call during which the
 * connection breaks fails, as nobody knows whether it was served.
 */
export class SwitchClient {
  readonly #login: Login
  readonly #end = new AbortController()
  #link: Promise<ReplyLink> | undefined

  /** The token names the client and its reply queue, as in `smapiv3:4242`; no other client may have it. */
  constructor(login: Login) {
    checkName(login.token)
    this.#login = login
  }

  /**
   * The payload of the answer. A queue that nobody serves is created by calling it; where nobody answers in `timeout`
   * seconds, the request is withdrawn.
   * @throws SwitchError timed out, connection lost, bad name, closed or refused
   */
  async call(queue: string, payload: string, { timeout }: { timeout: number }): Promise<string> {
    checkName(queue)
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), timeout * 1000)
    try {
      return await within(late.signal, `${queue} has not answered within ${timeout} s`, async () => {
        const link = await this.#linked(late.signal)
        return link.call(queue, payload, late.signal)
      })
    } finally {
      clearTimeout(timer)
    }
  }

  /** The queues whose name begins with the prefix. */
  list(prefix: string): Promise<readonly string[]> {
    return this.#ask((session) => session.list(prefix))
  }

  /** Those of them that have been waited on since the switch started, whether or not anybody still does. */
  alive(prefix: string): Promise<readonly string[]> {
    return this.#ask((session) => session.alive(prefix))
  }

  /** Logs out; calls without an answer fail as closed. */
  async close(): Promise<void> {
    this.#end.abort()
    const link = await this.#link?.catch(() => undefined)
    link?.close()
  }

  async #ask<T>(question: (session: Session) => Promise<T>): Promise<T> {
    this.#checkOpen()
    const session = await Session.open(this.#login, this.#end.signal)
    try {
      return await question(session)
    } finally {
      session.close()
    }
  }

  async #linked(late: AbortSignal): Promise<ReplyLink> {
    const backoff = new Backoff()
    for (;;) {
      this.#checkOpen()
      try {
        return await this.#connect()
      } catch (error) {
        if (late.aborted || this.#end.signal.aborted) throw error
        await pause(backoff.next(), AbortSignal.any([late, this.#end.signal]))
      }
    }
  }

  /** The link; one attempt at a time, whoever asks. */
  #connect(): Promise<ReplyLink> {
    if (this.#link) return this.#link
    const link = ReplyLink.open(this.#login, this.#end.signal)
    this.#link = link
    const over = () => {
      if (this.#link === link) this.#link = undefined
    }
    link.then(({ ended }) => ended.then(over), over)
    return link
  }

  #checkOpen(): void {
    if (this.#end.signal.aborted) throw new SwitchError('closed', 'the client of message-switch was closed')
  }
}

async function within<T>(late: AbortSignal, message: string, body: () => Promise<T>): Promise<T> {
  const timeout = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new SwitchError('timed out', message)))
  })
  return Promise.race([body(), timeout])
}
