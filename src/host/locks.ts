import { Smapiv3Error } from '../contract/errors.ts'

/** How a holder shares a thing: with nobody, or with others that share it too. */
export type Overlap = 'exclusive' | 'shared'

/** One thing to hold, by a name of the caller's choice. */
export interface Want {
  readonly name: string
  readonly overlap: Overlap
}

interface Waiter {
  readonly overlap: Overlap
  readonly start: () => void
}

interface Queue {
  /** −1 while held exclusively, otherwise how many share it. */
  holders: number
  readonly waiting: Waiter[]
}

/**
 * Orders the calls of one process: those that want the same thing exclusively run one after the other, first come first
 * served; everything else runs in parallel. Between processes the plugins lock (SMAPIv3 script protocol, section 3.7).
 */
export class Locks {
  readonly #queues = new Map<string, Queue>()

  /**
   * Runs the body while holding everything wanted. Things are taken in the order of their names, so that two callers
   * never wait for each other; a thing wanted twice is held once, exclusively if either asks for that.
   * @throws Smapiv3Error CANCELLED if the signal aborts while waiting; then the body has not run
   */
  async hold<T>(wants: readonly Want[], body: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const held: Want[] = []
    try {
      for (const want of inOrder(wants)) {
        await this.#take(want, signal)
        held.push(want)
      }
      return await body()
    } finally {
      for (const want of held.reverse()) this.#release(want)
    }
  }

  #take({ name, overlap }: Want, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(cancelled(signal))
    const queue = this.#queues.get(name) ?? { holders: 0, waiting: [] }
    this.#queues.set(name, queue)
    return new Promise((resolve, reject) => {
      const abandon = () => {
        queue.waiting.splice(queue.waiting.indexOf(waiter), 1)
        this.#advance(name, queue)
        reject(cancelled(signal))
      }
      const waiter: Waiter = {
        overlap,
        start: () => {
          signal?.removeEventListener('abort', abandon)
          resolve()
        },
      }
      signal?.addEventListener('abort', abandon, { once: true })
      queue.waiting.push(waiter)
      this.#advance(name, queue)
    })
  }

  #release({ name, overlap }: Want): void {
    const queue = this.#queues.get(name)
    if (queue === undefined) return
    queue.holders = overlap === 'exclusive' ? 0 : queue.holders - 1
    this.#advance(name, queue)
  }

  /** Starts whoever may run now, in the order they came: a waiting exclusive one is not overtaken by sharing ones. */
  #advance(name: string, queue: Queue): void {
    for (let next = queue.waiting[0]; next !== undefined; next = queue.waiting[0]) {
      const free = next.overlap === 'exclusive' ? queue.holders === 0 : queue.holders >= 0
      if (!free) return
      queue.holders = next.overlap === 'exclusive' ? -1 : queue.holders + 1
      queue.waiting.shift()
      next.start()
    }
    if (queue.holders === 0) this.#queues.delete(name)
  }
}

function cancelled(signal: AbortSignal | undefined): Smapiv3Error {
  return new Smapiv3Error('CANCELLED', 'cancelled while waiting for another call on the same volume or SR', {
    cause: signal?.reason,
  })
}

function inOrder(wants: readonly Want[]): Want[] {
  const strongest = new Map<string, Overlap>()
  for (const { name, overlap } of wants) {
    if (strongest.get(name) !== 'exclusive') strongest.set(name, overlap)
  }
  return [...strongest].map(([name, overlap]) => ({ name, overlap })).sort((a, b) => (a.name < b.name ? -1 : 1))
}
