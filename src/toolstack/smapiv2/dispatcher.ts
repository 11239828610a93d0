/** One queue's requests, answered: parse, look up, run, encode (SMAPIv2 bridge, sections 3, 7 and 8). */
import { setTimeout } from 'node:timers/promises'
import { isObject } from '../../contract/normalise.ts'
import { redactParams, redactText, secretsOf } from '../../contract/redact.ts'
import type { Host } from '../../host/host.ts'
import type { Log } from '../log.ts'
import { type Answer, NotARequest, parseRequest, type Request, writeAnswer } from './envelope.ts'
import { internalError, variantOf } from './errors.ts'
import { writeText } from './json-text.ts'
import type { Context, SrListener } from './method.ts'
import { METHODS, UNIMPLEMENTED } from './methods.ts'

export interface DispatcherOptions {
  readonly host: Host
  readonly log: Log
  /** Told of SRs that come and go. */
  readonly listener?: SrListener
  /** Waits, for a time in seconds. */
  readonly pause?: (seconds: number) => Promise<void>
  readonly now?: () => Date
}

export interface Delivery {
  /** The caller has gone: nobody reads the answer. */
  readonly stale?: boolean
}

const NOBODY: SrListener = { attached: async () => {}, detached: async () => {} }

export class Dispatcher {
  readonly #log: Log
  readonly #context: Omit<Context, 'plugin' | 'warn'>

  constructor({
    host,
    log,
    listener = NOBODY,
    pause = (seconds) => setTimeout(seconds * 1000),
    now,
  }: DispatcherOptions) {
    this.#log = log
    this.#context = { host, listener, pause, now: now ?? (() => new Date()) }
  }

  /**
   * Answers one message of a queue. Never rejects: whatever the message is, the answer is an envelope.
   * @param plugin name of the queue, which is the name of a volume plugin
   */
  async handle(plugin: string, payload: string, delivery: Delivery = {}): Promise<string> {
    let request: Request
    try {
      request = parseRequest(payload)
    } catch (error) {
      const refused = variantOf(error, { method: '' })
      this.#log(error instanceof NotARequest ? 'warn' : 'error', { plugin, error: refused[1] }, 'not a request')
      return writeAnswer({ error: refused })
    }
    return writeAnswer(await this.answer(plugin, request, delivery))
  }

  /** Answers one request, whatever envelope it came in. Never rejects. */
  async answer(plugin: string, request: Request, { stale = false }: Delivery = {}): Promise<Answer> {
    const started = performance.now()
    const answer = await this.#run(plugin, request, stale)
    this.#tell(plugin, request, answer, (performance.now() - started) / 1000)
    return answer
  }

  async #run(plugin: string, { method: name, params }: Request, stale: boolean): Promise<Answer> {
    const method = METHODS.get(name)
    if (method === undefined) {
      return { error: UNIMPLEMENTED.has(name) ? ['Unimplemented', name] : internalError(`there is no method ${name}`) }
    }
    if (stale && !method.idempotent) {
      return { error: internalError(`${name} was not run: its caller has gone, and it may have been run before`) }
    }
    try {
      const warn = (message: string) => this.#log('warn', { plugin, method: name, dbg: params?.dbg }, message)
      return { result: await method.run({ ...this.#context, plugin, warn }, params) }
    } catch (error) {
      const sr = params?.sr
      return { error: variantOf(error, { method: name, sr: typeof sr === 'string' ? sr : undefined }) }
    }
  }

  /** One line that tells the story of a call, without the secrets of a device_config. */
  #tell(plugin: string, { method, params = {} }: Request, answer: Answer, duration: number): void {
    const { dbg, sr, vdi, dp, vm, device_config } = params
    const secret = { configuration: isObject(device_config) ? device_config : {} }
    const { configuration } = redactParams('SR.attach', secret) as typeof secret
    const settings = Object.keys(configuration).length === 0 ? {} : { device_config: configuration }
    const fields = { method, plugin, dbg, sr, vdi, dp, vm, ...settings, duration }
    if ('result' in answer) {
      this.#log('info', { ...fields, outcome: 'ok' }, method)
    } else {
      const [outcome] = answer.error
      const error = redactText(writeText(answer.error), secretsOf('SR.attach', secret))
      this.#log('warn', { ...fields, outcome, error }, `${method} failed`)
    }
  }
}
