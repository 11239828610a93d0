/** The server role through every loss of the switch: two connections, one to poll and one to answer. */
import pLimit, { type LimitFunction } from 'p-limit'
import { Backoff, pause } from './backoff.ts'
import { deliver } from './delivery.ts'
import { type Entry, Ledger } from './ledger.ts'
import type { Log } from './log.ts'
import type { Message } from './messages.ts'
import { poll } from './poll.ts'
import type { QueueRequest, QueueServer, QueueState, ServeOptions } from './service.ts'
import { Session } from './session.ts'
import { asSwitchError, SwitchError } from './switch-error.ts'

/** Seconds, as the toolstack's own services poll. */
const POLL_TIMEOUT = 30
const REMOVE_DRAIN = 30
/** Seconds to tell callers and the switch of the removal when the time to drain is over. */
const REMOVE_GRACE = 5

/** A queue served through every loss of the switch: see {@link QueueServer}. */
export class ReconnectingServer implements QueueServer {
  readonly ready: Promise<void>
  readonly #options: ServeOptions
  readonly #ledger = new Ledger()
  readonly #limit: LimitFunction
  readonly #backoff = new Backoff()
  readonly #pollEnd = new AbortController()
  readonly #end = new AbortController()
  readonly #finished: Promise<void>
  #mode: 'serving' | 'draining' | 'removing' = 'serving'
  #isConnected = false
  #hasServed = false
  #isFinished = false
  #isDestroyed = false
  #wasLossLogged = false
  #becomeReady: () => void = () => {}

  constructor(options: ServeOptions) {
    this.#options = options
    this.#limit = pLimit(options.concurrency ?? Number.POSITIVE_INFINITY)
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve
      this.#end.signal.addEventListener('abort', () => reject(new SwitchError('closed', `${options.queue} is closed`)))
    })
    // Whoever does not wait for it must not be brought down by it.
    this.ready.catch(() => {})
    this.#finished = this.#run()
  }

  get state(): QueueState {
    if (this.#isFinished) return 'closed'
    if (this.#mode !== 'serving') return this.#mode
    return this.#isConnected ? 'serving' : 'connecting'
  }

  get waiting(): number {
    return this.#limit.pendingCount
  }

  async close({ drain }: { drain: number }): Promise<void> {
    if (this.#mode === 'serving') this.#leave('draining')
    await this.#endWithin(drain, () => this.#end.abort())
    const { length } = this.#ledger.unfinished()
    if (length > 0)
      this.#log('warn', { requests: length }, 'closed before these were finished: the next server gets them')
  }

  async remove({ drain = REMOVE_DRAIN }: { drain?: number } = {}): Promise<void> {
    this.#leave('removing')
    await this.#endWithin(drain, () => this.#giveUp(drain))
    if (this.#isDestroyed) return
    throw new SwitchError(
      'connection lost',
      `${this.#options.queue} is not served any more, but could not be destroyed`,
    )
  }

  #leave(mode: 'draining' | 'removing'): void {
    this.#mode = mode
    this.#pollEnd.abort()
    if (this.#isDone()) this.#end.abort()
    else this.#ledger.wake()
  }

  async #endWithin(seconds: number, late: () => void): Promise<void> {
    const timer = setTimeout(late, seconds * 1000)
    await this.#finished
    clearTimeout(timer)
  }

  #giveUp(drain: number): void {
    const answer = this.#options.internalError(`${this.#options.queue} was removed and did not answer in ${drain} s`)
    for (const entry of this.#ledger.unfinished()) this.#ledger.answered(entry, answer)
    const timer = setTimeout(() => this.#end.abort(), REMOVE_GRACE * 1000)
    this.#end.signal.addEventListener('abort', () => clearTimeout(timer))
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted && !this.#isDone()) {
      try {
        await this.#converse()
      } catch (error) {
        if (this.#end.signal.aborted) break
        this.#lost(asSwitchError(error))
        if (!this.#isDone()) await pause(this.#backoff.next(), this.#end.signal)
      }
    }
    this.#isFinished = true
    this.#end.abort()
  }

  /** Whether nothing is left for which the switch would be needed. */
  #isDone(): boolean {
    return this.#isDestroyed || (this.#mode === 'draining' && !this.#ledger.isBusy)
  }

  /** One life of the two connections; they live and die together. */
  async #converse(): Promise<void> {
    const over = new AbortController()
    const sessions: Session[] = []
    const end = () => {
      over.abort()
      for (const session of sessions) session.close()
    }
    this.#end.signal.addEventListener('abort', end)
    try {
      const polling = await Session.open(this.#options, this.#end.signal)
      sessions.push(polling)
      const answering = await Session.open(this.#options, this.#end.signal)
      sessions.push(answering)
      const next = await this.#resume(polling)
      this.#connected()
      await allOf([this.#poll(polling, next), this.#answer(answering, over.signal)], end)
    } finally {
      end()
      this.#end.signal.removeEventListener('abort', end)
      this.#isConnected = false
    }
  }

  /** Brings what is remembered and what is in the queue together; where the polling goes on. */
  async #resume(session: Session): Promise<string | undefined> {
    const { queue } = this.#options
    const isThere = (await session.list(queue)).includes(queue)
    await session.createPersistent(queue)
    const batch = await session.transfer(queue, undefined, 0)
    if (!isThere || this.#ledger.contradicts(batch.messages)) this.#forgetAll()
    const callers = this.#hasServed || batch.messages.length === 0 ? undefined : new Set(await session.list(''))
    this.#hasServed = true
    await this.#admitAll(session, batch.messages, callers)
    return batch.next
  }

  #forgetAll(): void {
    const { length } = this.#ledger.forgetAll()
    if (length > 0) this.#log('warn', { requests: length }, 'message-switch lost the queue: these get no answer')
  }

  async #poll(session: Session, from: string | undefined): Promise<void> {
    const { queue, pollTimeout = POLL_TIMEOUT } = this.#options
    const stop = () => session.close()
    this.#pollEnd.signal.addEventListener('abort', stop)
    try {
      await poll(session, from, this.#ledger, {
        queue,
        timeout: pollTimeout,
        isWanted: () => this.#mode === 'serving',
        admit: (messages) => this.#admitAll(session, messages),
        recreated: () => this.#log('warn', {}, 'somebody destroyed the queue: it is created again'),
      })
    } catch (error) {
      if (this.#mode === 'serving') throw error
    } finally {
      this.#pollEnd.signal.removeEventListener('abort', stop)
    }
  }

  /** @param callers the queues that exist, where requests whose reply queue does not are to be recognised as stale */
  async #admitAll(session: Session, messages: readonly Message[], callers?: ReadonlySet<string>): Promise<void> {
    for (const message of messages) {
      if (this.#mode === 'draining') return
      if (message.kind === 'request') {
        const admitted = this.#ledger.admit(message, callers?.has(message.replyQueue) === false)
        if (admitted?.replaced)
          this.#log('warn', { number: message.number }, 'a request is gone from the queue unanswered')
        if (admitted) void this.#limit(() => this.#handle(admitted.entry))
      } else {
        this.#log('warn', { number: message.number }, 'a response was sent to a queue of requests: it is dropped')
        await session.ack(this.#options.queue, message.number)
      }
    }
  }

  /** Requests that have not started when the draining begins, or that are gone from the switch, do not start. */
  async #handle(entry: Entry): Promise<void> {
    if (this.#mode === 'draining' || entry.isForgotten || entry.answer !== undefined) return
    entry.isStarted = true
    const { payload, number: id, replyQueue } = entry.request
    this.#ledger.answered(entry, await this.#answerTo({ payload, id, replyQueue, stale: entry.isStale }))
  }

  async #answerTo(request: QueueRequest): Promise<string> {
    try {
      return await this.#options.handler(request)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#log('error', { number: request.id, error: message }, 'the handler of the queue failed')
      return this.#options.internalError(message)
    }
  }

  /** Delivers answers until the connection breaks, or nothing is left to be done. */
  async #answer(session: Session, signal: AbortSignal): Promise<void> {
    const { queue } = this.#options
    while (!signal.aborted && !this.#isDone()) {
      const { head } = this.#ledger
      if (head) await deliver(session, queue, this.#ledger, head, this.#options.log)
      else if (this.#mode === 'removing' && this.#ledger.unfinished().length === 0) await this.#sweep(session)
      else await this.#ledger.change(signal)
    }
  }

  /** Takes what has come since the polling ended; destroys the queue where that is nothing. */
  async #sweep(session: Session): Promise<void> {
    const { queue } = this.#options
    const { messages } = await session.transfer(queue, undefined, 0)
    await this.#admitAll(session, messages)
    if (messages.length > 0) return
    await session.destroy(queue)
    this.#isDestroyed = true
  }

  #connected(): void {
    this.#isConnected = true
    this.#wasLossLogged = false
    this.#backoff.reset()
    this.#becomeReady()
    this.#options.onConnected?.()
    this.#log('info', {}, 'the queue is served')
  }

  #lost(error: SwitchError): void {
    this.#log(this.#wasLossLogged ? 'debug' : 'warn', { error: error.message }, 'no message-switch: trying again')
    this.#wasLossLogged = true
  }

  #log(level: Parameters<Log>[0], fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#options.log(level, { queue: this.#options.queue, ...fields }, message)
  }
}

/** Waits for all tasks to settle; where one fails, the others are ended, and the first failure is thrown. */
async function allOf(tasks: readonly Promise<void>[], end: () => void): Promise<void> {
  const failures: unknown[] = []
  const watched = tasks.map((task) =>
    task.catch((error: unknown) => {
      failures.push(error)
      end()
    }),
  )
  await Promise.all(watched)
  if (failures.length > 0) throw failures[0]
}
