/** Ways to break a switch. */

/** Something to do to requests. */
export interface Fault {
  /** Which requests, written as `GET /ack/q/0`. */
  readonly matching: RegExp
  /** How many of them; 1 by default. */
  readonly times?: number
  /** Seconds before the request is obeyed. */
  readonly delay?: number
  /** Seconds between obeying and answering. */
  readonly delayAnswer?: number
  /** Breaks the connection before the request is obeyed, or after it instead of answering. */
  readonly drop?: 'before' | 'after'
  /** Answers with this status instead of obeying. */
  readonly status?: number
}

/** The faults that are still to happen. */
export class Faults {
  readonly #faults: { readonly fault: Fault; left: number }[] = []

  inject(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 })
  }

  /** The first fault that a request meets; it happens once less. */
  take(request: string): Omit<Fault, 'matching'> {
    const taken = this.#faults.find(({ fault, left }) => left > 0 && fault.matching.test(request))
    if (!taken) return {}
    taken.left--
    return taken.fault
  }
}
