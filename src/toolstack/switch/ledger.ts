/**
 * The requests of one queue that are not yet acked: what keeps one from being served twice.
 *
 * A transfer removes nothing, so that a request comes again after each reconnect and each transfer from the start. A
 * number alone does not identify a request: after a restart of the switch, or when somebody destroyed the queue, the
 * numbers start again from 0. A remembered number with another payload or reply queue is therefore another request.
 */
import type { Message } from './messages.ts'

/** A request as it came from the switch. */
export type RequestMessage = Extract<Message, { kind: 'request' }>

/** One remembered request. */
export interface Entry {
  readonly request: RequestMessage
  /** Whether the caller had gone before we came. */
  readonly isStale: boolean
  isStarted: boolean
  /** What the handler answered. */
  answer?: string
  /** The switch has taken the answer; only the ack lacks. */
  isAnswered: boolean
  /** An ack has gone out. The message may or may not be in the queue any more. */
  isAckSent: boolean
  /** The switch has confirmed the ack. */
  isAcked: boolean
  /** The request does not exist any more: the answer must not be sent, as its number may mean another one. */
  isForgotten: boolean
}

export class Ledger {
  readonly #entries = new Map<number, Entry>()
  /** Answered by the handler but not yet acked, oldest first. */
  readonly #outbox: Entry[] = []
  readonly #watchers = new Set<() => void>()
  /** While a transfer from the start is under way, what is acked may still be in its batch. */
  #isLooking = false

  /** Announces a transfer from the start. */
  beginLook(): void {
    this.#isLooking = true
  }

  /** To be called when its batch has been admitted, or it has failed. */
  endLook(): void {
    this.#isLooking = false
    for (const [number, { isAcked }] of this.#entries) if (isAcked) this.#entries.delete(number)
  }

  /** Remembers a request. Undefined where it is known already; `replaced` is the request that had its number before. */
  admit(request: RequestMessage, isStale: boolean): { entry: Entry; replaced: Entry | undefined } | undefined {
    const known = this.#entries.get(request.number)
    if (known && isSame(known.request, request)) return undefined
    if (known) this.#forget(known)
    const state = { isStarted: false, isAnswered: false, isAckSent: false, isAcked: false, isForgotten: false }
    const entry: Entry = { request, isStale, ...state }
    this.#entries.set(request.number, entry)
    return { entry, replaced: known && !known.isAcked ? known : undefined }
  }

  /** The handler has answered. */
  answered(entry: Entry, answer: string): void {
    if (entry.isForgotten || entry.answer !== undefined) return
    entry.answer = answer
    this.#outbox.push(entry)
    this.wake()
  }

  /** The oldest answer to deliver. */
  get head(): Entry | undefined {
    return this.#outbox[0]
  }

  /** The switch has confirmed the ack, or has nothing left to ack. */
  acked(entry: Entry): void {
    entry.isAcked = true
    const index = this.#outbox.indexOf(entry)
    if (index >= 0) this.#outbox.splice(index, 1)
    if (!this.#isLooking && this.#entries.get(entry.request.number) === entry)
      this.#entries.delete(entry.request.number)
    this.wake()
  }

  /**
   * Compares with everything that is in the queue after a reconnect. True where the two contradict each other: the queue
   * is not the one it was, whoever made it again. Otherwise what had been acked and is gone is done with.
   */
  contradicts(messages: readonly Message[]): boolean {
    const there = new Map(messages.map((message) => [message.number, message]))
    const findings = [...this.#entries.values()].map((entry) => {
      const message = there.get(entry.request.number)
      if (message) return message.kind === 'request' && isSame(message, entry.request) ? 'same' : 'other'
      return entry.isAckSent ? 'acked' : 'missing'
    })
    if (findings.includes('other')) return true
    if (findings.includes('missing') && !findings.includes('same')) return true
    for (const entry of [...this.#entries.values()])
      if (entry.isAckSent && !there.has(entry.request.number)) this.acked(entry)
    return false
  }

  /** Forgets everything; what was not yet acked. */
  forgetAll(): readonly Entry[] {
    const lost = this.unfinished()
    for (const entry of [...this.#entries.values()]) this.#forget(entry)
    return lost
  }

  /** What is remembered and not acked. */
  unfinished(): readonly Entry[] {
    return [...this.#entries.values()].filter(({ isAcked }) => !isAcked)
  }

  /** Whether a request runs or its answer is still to be delivered. Those that have not started do not count. */
  get isBusy(): boolean {
    return this.unfinished().some(({ isStarted }) => isStarted)
  }

  /** Wakes those who wait for a change. */
  wake(): void {
    for (const done of [...this.#watchers]) done()
  }

  /** Waits for the next change, or for the signal. */
  change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const done = () => {
        this.#watchers.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#watchers.add(done)
      signal.addEventListener('abort', done)
    })
  }

  #forget(entry: Entry): void {
    entry.isForgotten = true
    this.#entries.delete(entry.request.number)
    const index = this.#outbox.indexOf(entry)
    if (index >= 0) this.#outbox.splice(index, 1)
    this.wake()
  }
}

function isSame(a: RequestMessage, b: RequestMessage): boolean {
  return a.payload === b.payload && a.replyQueue === b.replyQueue
}
