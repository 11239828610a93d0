/** Calls of a run: each through the host, recorded, within bounds of time. */
import { asSmapiv3Error, Smapiv3Error } from '../contract/errors.ts'
import type { MethodName, Params, Result } from '../contract/methods.ts'
import type { Host } from '../host/host.ts'
import type { RawCallOptions } from '../host/plugin-caller.ts'
import type { CallRecorder, Invocation, Recorded } from '../invoke/call.ts'
import { type TraceRecord, traceRecord } from '../invoke/trace-record.ts'

/** One call as it went. */
export interface Called<M extends MethodName> {
  readonly method: M
  readonly outcome:
    | { readonly ok: true; readonly value: Result<M>; readonly text: string }
    | { readonly ok: false; readonly error: Smapiv3Error }
  /** Absent where nothing was started. */
  readonly record: TraceRecord | undefined
  readonly invocation: Invocation<M> | undefined
}

/** How often a method of a plugin may run into its deadline, or print too much, before it is not called any more. */
const PATIENCE = 2

/** Keeps the records of calls until whoever made the call takes them. */
export class CallLog implements CallRecorder {
  readonly #records = new Map<string, TraceRecord>()
  readonly #seconds = new Map<string, number[]>()
  /** Told of each record of a call made through the host's own chains, by its dbg. */
  readonly #byDbg = new Map<string, TraceRecord[]>()

  record<M extends MethodName>(recorded: Recorded<M>): void {
    const record = traceRecord(recorded)
    const seconds = this.#seconds.get(record.method) ?? []
    seconds.push(record.duration)
    this.#seconds.set(record.method, seconds)
    const followed = this.#byDbg.get(recorded.call.params.dbg)
    if (followed !== undefined) followed.push(record)
    this.#records.set(record.id, record)
  }

  /** The record of a call, which is then forgotten. */
  take(id: string): TraceRecord | undefined {
    const record = this.#records.get(id)
    this.#records.delete(id)
    return record
  }

  /** Collects the calls with a dbg from now on, for calls that the host makes by itself. */
  follow(dbg: string, calls: TraceRecord[]): void {
    this.#byDbg.set(dbg, calls)
  }

  /** Method → how long each of its calls took, in seconds. */
  get seconds(): ReadonlyMap<string, readonly number[]> {
    return this.#seconds
  }
}

export class Caller {
  readonly host: Host
  readonly log: CallLog
  readonly #endless = new Map<string, { times: number; error: Smapiv3Error }>()
  readonly #deadline: number
  readonly #onCall: (method: MethodName) => void

  /**
   * @param deadline seconds for each call
   * @param onCall told of every call before it starts
   */
  constructor(host: Host, log: CallLog, deadline: number, onCall: (method: MethodName) => void = () => {}) {
    this.host = host
    this.log = log
    this.#deadline = deadline
    this.#onCall = onCall
  }

  /** Calls a method. Whatever the plugin does is in the answer; a method that hangs is given up after a few times. */
  async call<M extends MethodName>(
    path: string,
    method: M,
    params: Params<M>,
    options: RawCallOptions = {},
  ): Promise<Called<M>> {
    const place = `${path} ${method}`
    const endless = this.#endless.get(place)
    if (endless !== undefined && endless.times >= PATIENCE) {
      const { kind, message } = endless.error
      const error = new Smapiv3Error(kind, `${message} (${PATIENCE} times; ${method} is not called any more)`)
      return { method, outcome: { ok: false, error }, record: undefined, invocation: undefined }
    }
    this.#onCall(method)
    try {
      const invocation = await this.host.call(path, method, params, { deadline: this.#deadline, ...options })
      const { outcome } = invocation
      if (!outcome.ok && (invocation.end === 'timed-out' || invocation.end === 'output-limit'))
        this.#endless.set(place, { times: (endless?.times ?? 0) + 1, error: outcome.error })
      return { method, outcome, record: this.log.take(invocation.id), invocation }
    } catch (thrown) {
      return { method, outcome: { ok: false, error: asSmapiv3Error(thrown) }, record: undefined, invocation: undefined }
    }
  }
}
