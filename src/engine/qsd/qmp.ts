/**
 * A client of QMP, the control protocol of QEMU and qemu-storage-daemon, on a Unix socket: lines of JSON, commands
 * executed one after the other.
 *
 * A QMP socket serves one client after the other: a second one connects at once, but is greeted only when the first has
 * gone. Connections are therefore short, the greeting has a bound, and nobody keeps one open to wait for a job (which
 * is asked for its state instead).
 *
 * Passing a descriptor (`getfd`, `add-fd` with SCM_RIGHTS) is not possible from Node and not offered.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseJson, stringifyJson } from '../../contract/json.ts'
import { onAbort } from '../cancellation.ts'
import type { Connection } from '../connection.ts'
import { connectSocket } from '../socket.ts'
import { isCrowded, QmpConnectionError, refusal } from './qmp-error.ts'

/** Milliseconds that a daemon has to answer unless the caller says otherwise: opening an image may wait for a server. */
const TIMEOUT = 30_000

/** Milliseconds between attempts to be one of those who wait. */
const POLL = 10

/** The members of a QMP object: what a command takes, what it returns, what an event carries. */
export type QmpObject = Readonly<Record<string, unknown>>

/** Something that the daemon reports by itself, such as JOB_STATUS_CHANGE. */
export interface QmpEvent {
  readonly event: string
  readonly data: QmpObject
}

interface Waiter {
  /** Whether the message is what is waited for; it is then taken. */
  readonly accept: (message: QmpObject) => boolean
  readonly reject: (error: Error) => void
}

/** A connection to a daemon, ready for commands. */
export class Qmp {
  readonly #socket: Connection
  readonly #path: string
  readonly #forget: () => void
  readonly #waiters = new Set<Waiter>()
  #patience = TIMEOUT
  #isGreeted = false
  #isReady = false
  #rest: Buffer = Buffer.alloc(0)
  #lost: QmpConnectionError | undefined

  private constructor(path: string) {
    this.#path = path
    this.#socket = connectSocket(
      { path },
      {
        received: (bytes) => this.#receive(bytes),
        failed: (error) => this.#fail(`cannot speak to ${path}: ${error.message}`, error),
        closed: () => {
          this.#fail(`the daemon closed the connection ${path}`)
          this.#forget()
        },
      },
    )
    this.#forget = onAbort(() => {
      this.#fail(`nobody waits for the answer of ${path} any more`)
      this.#socket.destroy()
    })
  }

  /**
   * Connects, waits for the greeting, and has the daemon leave negotiation mode.
   * @param timeout milliseconds for all of it
   * @param patience milliseconds that the daemon has to answer each command
   * @throws QmpConnectionError where nobody listens, or another client keeps the daemon busy for too long
   */
  static async connect(path: string, timeout = TIMEOUT, patience = TIMEOUT): Promise<Qmp> {
    const end = Date.now() + timeout
    for (;;) {
      try {
        return await Qmp.#connectOnce(path, Math.max(1, end - Date.now()), patience)
      } catch (error) {
        if (!isCrowded(error) || Date.now() >= end) throw error
        await sleep(POLL)
      }
    }
  }

  static async #connectOnce(path: string, timeout: number, patience: number): Promise<Qmp> {
    const kept = Qmp.#kept.get(path)
    if (kept !== undefined) Qmp.#kept.set(path, undefined)
    // The daemon serves this one when the other has ended, which therefore is not kept any longer.
    else Qmp.#kept.delete(path)
    // One that was lost, such as to a daemon that has just died, says nothing about the next.
    const qmp = kept === undefined || kept.#lost ? new Qmp(path) : kept
    qmp.#patience = patience
    try {
      if (!qmp.#isGreeted) await qmp.#next('the greeting', (message) => 'QMP' in message, timeout)
      // Not waited for: where it fails, so does the command that follows.
      if (!qmp.#isReady) qmp.execute('qmp_capabilities', {}, timeout).catch(() => {})
      qmp.#isReady = true
      return qmp
    } catch (error) {
      qmp.close()
      throw error
    }
  }

  /**
   * How many commands this process has sent, so that each has an id. What a client sent that was killed is executed all the
   * same, and answered to the next client: taken for the answer of another command, it would shift all that follow.
   */
  static #commands = 0

  /** Connections that are kept, by their path; undefined while somebody uses them. */
  static readonly #kept = new Map<string, Qmp | undefined>()

  /** See {@link keepConnection}. */
  static keep(path: string): void {
    if (!Qmp.#kept.has(path)) Qmp.#kept.set(path, new Qmp(path))
  }

  /** See {@link dropConnection}. */
  static drop(path: string): void {
    const kept = Qmp.#kept.get(path)
    Qmp.#kept.delete(path)
    if (kept !== undefined) setImmediate(() => kept.close())
  }

  /** Ends the connection, unless it is kept and in order. */
  release(): void {
    if (Qmp.#kept.has(this.#path) && !this.#lost && this.#waiters.size === 0) Qmp.#kept.set(this.#path, this)
    else this.close()
  }

  /**
   * Executes a command and gives its result. Commands that are sent before the answer of another are executed in order.
   * @param timeout milliseconds; the command goes on in the daemon when they have passed
   * @throws QmpError where the daemon refuses
   * @throws QmpConnectionError where it does not answer
   * @throws PluginError (MissingDependency) where it needs a driver that is not installed
   */
  async execute(command: string, parameters: QmpObject = {}, timeout = this.#patience): Promise<unknown> {
    const id = `${process.pid}-${Qmp.#commands}`
    Qmp.#commands += 1
    const isAnswer = (message: QmpObject) => 'return' in message || 'error' in message
    const answer = this.#next(command, (message) => isAnswer(message) && (message.id ?? id) === id, timeout)
    // Nothing that could be left out: the daemon reads one byte at a time.
    const given = Object.keys(parameters).length === 0 ? {} : { arguments: parameters }
    this.#socket.write(`${stringifyJson({ execute: command, ...given, id })}\n`)
    const { error, return: result } = await answer
    if (isObject(error)) throw refusal(command, String(error.class), String(error.desc))
    return result
  }

  /**
   * Waits for an event that arrives after this call.
   * @throws QmpConnectionError where none arrives in so many milliseconds
   */
  async event(names: readonly string[], matches: (data: QmpObject) => boolean, timeout: number): Promise<QmpEvent> {
    const message = await this.#next(
      names.join(' or '),
      ({ event, data }) => typeof event === 'string' && names.includes(event) && matches(isObject(data) ? data : {}),
      timeout,
    )
    return { event: String(message.event), data: isObject(message.data) ? message.data : {} }
  }

  /** Ends the connection; what is waited for fails. */
  close(): void {
    this.#fail(`the connection ${this.#path} was closed`)
    this.#socket.destroy()
  }

  #next(what: string, matches: (message: QmpObject) => boolean, timeout: number): Promise<QmpObject> {
    if (this.#lost) return Promise.reject(this.#lost)
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer)
        this.#waiters.delete(waiter)
      }
      const waiter: Waiter = {
        accept(message) {
          if (!matches(message)) return false
          settle()
          resolve(message)
          return true
        },
        reject(error) {
          settle()
          reject(error)
        },
      }
      const timer = setTimeout(() => {
        // An answer that comes after all would be taken for that of the next command.
        this.#fail(`${this.#path} did not answer ${what} within ${timeout} ms`)
        this.#socket.destroy()
      }, timeout)
      this.#waiters.add(waiter)
    })
  }

  #receive(bytes: Buffer): void {
    // A chunk can end within a character, and in none of them is a byte that is a line break.
    const received = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const end = received.lastIndexOf('\n') + 1
    this.#rest = received.subarray(end)
    for (const line of received.toString('utf8', 0, end).split('\n').slice(0, -1)) {
      const message = parseMessage(line)
      if (message === undefined) {
        this.#fail(`${this.#path} does not speak QMP: ${line.slice(0, 200)}`)
        this.#socket.destroy()
        return
      }
      if ('QMP' in message) this.#isGreeted = true
      for (const waiter of this.#waiters) if (waiter.accept(message)) break
    }
  }

  #fail(reason: string, cause?: Error): void {
    this.#lost ??= new QmpConnectionError(reason, { cause })
    for (const waiter of [...this.#waiters]) waiter.reject(this.#lost)
  }
}

/**
 * Connects to a daemon, for all who ask for a connection from now on: the first of a process takes two milliseconds, during
 * which other things can be done. The daemon serves nobody else.
 */
export function keepConnection(path: string): void {
  Qmp.keep(path)
}

/** Ends a connection that was kept, a moment later: a process that ends need not, which takes half a millisecond. */
export function dropConnection(path: string): void {
  Qmp.drop(path)
}

/** Connects, runs a body, and closes the connection whatever happens. */
export async function withQmp<T>(
  path: string,
  body: (qmp: Qmp) => Promise<T>,
  ...patience: readonly [timeout?: number, patience?: number]
): Promise<T> {
  const qmp = await Qmp.connect(path, ...patience)
  try {
    return await body(qmp)
  } finally {
    qmp.release()
  }
}

/**
 * Waits for all that was begun together, such as commands that were sent, which spares a round trip for each.
 * @throws the error of the first that failed, in this order: those of the others may follow from it
 */
export async function together(begun: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(begun)) if (outcome.status === 'rejected') throw outcome.reason
}

/** Whether a value is an object of QMP. */
export function isObject(value: unknown): value is QmpObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseMessage(line: string): QmpObject | undefined {
  try {
    const message = parseJson(line)
    return isObject(message) ? message : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
