/** Registers the metrics of attached SRs with the toolstack's metrics service (SMAPIv2 bridge, section 10). */
import type { AttachedSr } from '../../host/attached-srs.ts'
import type { Log } from '../log.ts'
import { writeText } from '../smapiv2/json-text.ts'
import { uidsOf } from './uids.ts'

export const RRD_QUEUE = 'org.xen.xapi.rrd'

/** Seconds in which the service must answer. */
const TIMEOUT = 5

export interface RegistrationsOptions {
  /** Sends a request to the queue and waits so many seconds for the answer. */
  readonly call: (queue: string, payload: string, options: { timeout: number }) => Promise<string>
  readonly log: Log
  readonly timeout?: number | undefined
}

/** What it does runs behind the calls on SRs: metrics are never worth waiting for, and a failure is only logged. */
export class Registrations {
  readonly #options: RegistrationsOptions
  /** By name, what was asked last: the requests on one name stay in order. */
  readonly #last = new Map<string, Promise<void>>()
  #id = 0

  constructor(options: RegistrationsOptions) {
    this.#options = options
  }

  register({ datasources }: AttachedSr): void {
    const own = { protocol: 'V2', info: 'Five_Seconds' }
    for (const uid of uidsOf(datasources)) this.#queue(uid, 'Plugin.Local.register', { ...own, uid })
  }

  deregister({ datasources }: AttachedSr): void {
    for (const uid of uidsOf(datasources)) this.#queue(uid, 'Plugin.Local.deregister', { uid })
  }

  #queue(uid: string, method: string, params: object): void {
    const before = this.#last.get(uid) ?? Promise.resolve()
    const request = before.then(() => this.#send(method, params))
    this.#last.set(uid, request)
    void request.then(() => {
      if (this.#last.get(uid) === request) this.#last.delete(uid)
    })
  }

  async #send(method: string, params: object): Promise<void> {
    const { call, log, timeout = TIMEOUT } = this.#options
    try {
      this.#id += 1
      const answer = await call(RRD_QUEUE, writeText({ method, params: [params], id: this.#id }), { timeout })
      const { error } = JSON.parse(answer) as { error: unknown }
      if (error !== null) throw new Error(writeText(error))
      log('info', { method, ...params }, 'the metrics service knows')
    } catch (error) {
      log('warn', { method, ...params, error: error instanceof Error ? error.message : String(error) }, 'no metrics')
    }
  }
}
