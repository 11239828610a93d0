/** Serving a queue of message-switch: what a service brings and what it gets. */
import type { Log } from './log.ts'
import type { Login } from './session.ts'

/** A request as the handler gets it. */
export interface QueueRequest {
  /** The bytes that the caller sent, as UTF-8 text: nothing is known of them. */
  readonly payload: string
  /** The number of the message in its queue: unique only until the switch restarts. */
  readonly id: number
  readonly replyQueue: string
  /** The request was there when this server started, and its caller had gone: nobody waits for the answer. */
  readonly stale: boolean
}

export interface ServeOptions extends Login {
  /** The name of the queue, without slash and percent sign. */
  readonly queue: string
  /** Answers a request. Requests are handled in parallel, and start in the order of their numbers. */
  readonly handler: (request: QueueRequest) => Promise<string>
  /** The answer where there is none of the handler: it threw, or the queue was removed under it. Must not throw. */
  readonly internalError: (message: string) => string
  readonly log: Log
  /** How many requests are handled at a time; without limit by default. */
  readonly concurrency?: number
  /** Told of each time that the queue is connected to the switch. */
  readonly onConnected?: () => void
  /** Seconds of a long poll; 30 by default. Also how often the queue is looked at from its start. */
  readonly pollTimeout?: number
}

/** `connecting` also after the connection was lost; requests that run go on. */
export type QueueState = 'connecting' | 'serving' | 'draining' | 'removing' | 'closed'

export interface QueueServer {
  /** Settled when the queue is served for the first time; rejected where it is closed before. */
  readonly ready: Promise<void>
  readonly state: QueueState
  /** Requests that wait because of `concurrency`. */
  readonly waiting: number
  /**
   * Takes no further request, and waits up to `drain` seconds until those that run are answered and acked. What is not
   * finished then stays in the queue for the next server. Never rejects.
   */
  close(options: { drain: number }): Promise<void>
  /**
   * Serves what is in the queue, for up to `drain` seconds (30 by default), and destroys it. What is not finished then is
   * answered with an internal error, so that no caller hangs.
   * @throws SwitchError where the switch could not be told
   */
  remove(options?: { drain?: number }): Promise<void>
}
