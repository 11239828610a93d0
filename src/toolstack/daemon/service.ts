/** Every request to the daemon, whichever way it came: claimed, journaled, dispatched and measured. */
import { asSmapiv3Error } from '../../contract/errors.ts'
import type { Log } from '../log.ts'
import type { DaemonMetrics } from '../metrics/daemon-metrics.ts'
import type { Dispatcher } from '../smapiv2/dispatcher.ts'
import { type Answer, parseRequest, type Request, writeAnswer } from '../smapiv2/envelope.ts'
import { internalError, variantOf } from '../smapiv2/errors.ts'
import { METHODS, UNIMPLEMENTED } from '../smapiv2/methods.ts'
import type { StateFile } from '../state/state-file.ts'
import type { QueueRequest } from '../switch/server.ts'
import type { Journal } from './journal.ts'

/** The answer of SR.create is a configuration, which may hold a password. */
const SECRET_ANSWERS: ReadonlySet<string> = new Set(['SR.create'])

export interface ServiceParts {
  readonly dispatcher: Dispatcher
  readonly journal: Journal
  readonly metrics: () => DaemonMetrics
  readonly stateFile: StateFile | undefined
  readonly log: Log
}

export class Service {
  /** By plugin, how many requests are being answered. */
  readonly running = new Map<string, number>()
  readonly #parts: ServiceParts

  constructor(parts: ServiceParts) {
    this.#parts = parts
  }

  /** Answers one message of a plugin's queue. Never rejects. */
  async answerMessage(plugin: string, message: QueueRequest): Promise<string> {
    const { dispatcher, journal, metrics, log } = this.#parts
    const request = requestIn(message.payload)
    if (request === undefined) {
      metrics().called(plugin, 'none', 'not a request', 0)
      return dispatcher.handle(plugin, message.payload)
    }
    const serve = async () => writeAnswer(await this.answer(plugin, request, message.stale))
    if (METHODS.get(request.method)?.idempotent !== false) return serve()
    const key = { queue: plugin, number: message.id, replyQueue: message.replyQueue, payload: message.payload }
    const begun = journal.former(key)
    if (begun === undefined) return journal.once(key, !SECRET_ANSWERS.has(request.method), serve)
    const fields = { plugin, method: request.method, dbg: request.params?.dbg, sr: request.params?.sr }
    log('warn', fields, 'the daemon ended while it served this: it is not run again')
    const lost = internalError(
      `${request.method} was begun before the daemon ended, and is not run again: look what it did`,
    )
    return begun.answer ?? writeAnswer({ error: lost })
  }

  /** Answers one request, whatever envelope it came in. Never rejects. */
  async answer(plugin: string, request: Request, stale = false): Promise<Answer> {
    const begin = performance.now()
    this.#add(plugin, 1)
    const answer = await this.#answer(plugin, request, stale)
    this.#add(plugin, -1)
    const known = METHODS.has(request.method) || UNIMPLEMENTED.has(request.method)
    const outcome = 'result' in answer ? 'ok' : answer.error[0]
    const duration = (performance.now() - begin) / 1000
    this.#parts.metrics().called(plugin, known ? request.method : 'unknown', outcome, duration)
    return answer
  }

  async #answer(plugin: string, request: Request, stale: boolean): Promise<Answer> {
    const { dispatcher, stateFile } = this.#parts
    const sr = request.params?.sr
    try {
      if (typeof sr === 'string') await stateFile?.claim(sr, plugin)
      return await dispatcher.answer(plugin, request, { stale })
    } catch (error) {
      return { error: variantOf(asSmapiv3Error(error), { method: request.method }) }
    }
  }

  #add(plugin: string, difference: number): void {
    this.running.set(plugin, (this.running.get(plugin) ?? 0) + difference)
  }
}

function requestIn(payload: string): Request | undefined {
  try {
    return parseRequest(payload)
  } catch {
    // The dispatcher says what is wrong with it.
    return undefined
  }
}
