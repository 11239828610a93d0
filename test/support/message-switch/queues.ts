/** `[queue, number]`. */
export type MessageId = [queue: string, number: number]

/** What is in a queue: a request with the queue to answer to, or the response to a message. */
export interface Message {
  payload: string
  kind: ['Request', string] | ['Response', MessageId]
}

interface Queue {
  /** The session whose end deletes the queue; none for a persistent queue. */
  readonly owner: string | undefined
  next: number
  readonly messages: Map<number, Message>
}

/** The queues of a switch: sections 2.1 to 2.7 of the toolstack's interface. All strings are bytes, one a character. */
export class Queues {
  readonly #queues = new Map<string, Queue>()
  readonly #alive = new Set<string>()
  /** By queue, those who wait for a message in it. */
  readonly #waiting = new Map<string, Set<() => void>>()

  /** Creates a queue unless it exists; one that exists keeps its owner. */
  create(name: string, owner?: string): void {
    if (!this.#queues.has(name)) this.#queues.set(name, { owner, next: 0, messages: new Map() })
  }

  destroy(name: string): void {
    this.#queues.delete(name)
  }

  /** Deletes the transient queues of a session that has ended. */
  endSession(owner: string): void {
    for (const [name, queue] of this.#queues) if (queue.owner === owner) this.#queues.delete(name)
  }

  list(prefix: string): string[] {
    return [...this.#queues.keys()].filter((name) => name.startsWith(prefix)).reverse()
  }

  /** The queues that exist and whose name was ever the target of a transfer: it never forgets. */
  alive(prefix: string): string[] {
    return this.list(prefix).filter((name) => this.#alive.has(name))
  }

  /** Enqueues a message; undefined where the queue does not exist and the message is dropped. */
  send(name: string, message: Message): MessageId | undefined {
    const queue = this.#queues.get(name)
    if (!queue) return undefined
    const number = queue.next++
    queue.messages.set(number, message)
    for (const wake of [...(this.#waiting.get(name) ?? [])]) wake()
    return [name, number]
  }

  ack(name: string, number: number): void {
    this.#queues.get(name)?.messages.delete(number)
  }

  /** Waits up to `timeout` seconds for messages numbered above `from`; newest first, and nothing is removed. */
  async transfer(names: readonly string[], from: number, timeout: number, gone: AbortSignal) {
    for (const name of names) this.#alive.add(name)
    if (this.#above(names, from).length === 0) await this.arrival(names, from, timeout, gone)
    const messages = this.#above(names, from)
    return { messages, next: String(Math.max(from, ...messages.map(([[, number]]) => number))) }
  }

  /** Waits for a message numbered above `from`, for the seconds to be over, or for whoever waits to be gone. */
  arrival(names: readonly string[], from: number, timeout: number, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        gone.removeEventListener('abort', done)
        for (const name of names) this.#forget(name, wake)
        resolve()
      }
      const wake = () => {
        if (this.#above(names, from).length > 0) done()
      }
      const timer = setTimeout(done, timeout * 1000)
      gone.addEventListener('abort', done)
      for (const name of names) this.#waiting.set(name, (this.#waiting.get(name) ?? new Set()).add(wake))
      if (gone.aborted) done()
    })
  }

  /** The messages of a queue, oldest first. */
  contents(name: string): [number, Message][] {
    return [...(this.#queues.get(name)?.messages ?? [])]
  }

  /** What `GET /` shows. */
  diagnostics(): object {
    const show = (transient: boolean) =>
      [...this.#queues]
        .filter(([, { owner }]) => (owner !== undefined) === transient)
        .map(([name]) => [
          name,
          { queue_contents: this.contents(name).map(([n, message]) => [[name, n], { message }]) },
        ])
    return { start_time: 0, current_time: 0, permanent_queues: show(false), transient_queues: show(true) }
  }

  /** The queues after a restart with persistence: a queue without messages counts from 0 again. */
  persisted(): Queues {
    const next = new Queues()
    for (const [name, { owner, messages }] of this.#queues) {
      if (owner !== undefined) continue
      next.#queues.set(name, { owner, next: Math.max(-1, ...messages.keys()) + 1, messages: new Map(messages) })
    }
    return next
  }

  #forget(name: string, wake: () => void): void {
    const waiting = this.#waiting.get(name)
    waiting?.delete(wake)
    if (waiting?.size === 0) this.#waiting.delete(name)
  }

  #above(names: readonly string[], from: number): [MessageId, Message][] {
    const all = names.flatMap((name) =>
      this.contents(name).map(([number, message]): [MessageId, Message] => [[name, number], message]),
    )
    return all.filter(([[, number]]) => number > from).reverse()
  }
}
