/** What a check works with. */
import type { Smapiv3Error } from '../contract/errors.ts'
import { stringifyJson } from '../contract/json.ts'
import { METHODS, type MethodName, type Params, type Result } from '../contract/methods.ts'
import type { RawCallOptions } from '../host/plugin-caller.ts'
import type { TraceRecord } from '../invoke/trace-record.ts'
import { applicability, isApplicable } from './applicability.ts'
import type { Called } from './caller.ts'
import type { ClauseId } from './clauses.ts'
import { type Fate, fateOf } from './fate.ts'
import { Flights } from './flights.ts'
import { Random } from './random.ts'
import { type Resource, Resources } from './resources.ts'
import type { Run } from './run.ts'
import { OF_FORMATS } from './subjects.ts'
import { CallFailed, isFinding, NotApplicable, Violation } from './violation.ts'

/** Params of a method without dbg, which every call has. */
export type Own<M extends MethodName> = Omit<Params<M>, 'dbg'>

export interface CheckCallOptions extends RawCallOptions {
  /** Path of the plugin to call; by default the judged one, or the datapath plugin of the URI in the params. */
  readonly plugin?: string | undefined
}

/** Methods that a plugin cannot do without, so that `Unimplemented` is a failure. */
const NEEDED: readonly MethodName[] = [
  'Plugin.query',
  'SR.attach',
  'SR.detach',
  'SR.stat',
  'SR.ls',
  'Volume.stat',
  'Datapath.attach',
  'Datapath.activate',
  'Datapath.deactivate',
  'Datapath.detach',
]

export class Context {
  readonly run: Run
  readonly random: Random
  /** What the check made, removed at its end. */
  readonly resources: Resources
  readonly dbg: string
  /** Aborted where the check has to end: it then starts nothing any more, and what it started may end for a while. */
  readonly signal: AbortSignal
  readonly flights: Flights
  /** Methods of calls whose stdout or stderr something held open after the script had exited. */
  readonly held: MethodName[]
  /** The calls so far. */
  readonly calls: TraceRecord[]
  readonly #clauses: readonly [ClauseId, ...ClauseId[]]
  readonly #label: string
  #names = 0

  /**
   * @param label part of the names that it gives, and what random choices follow from: another one for each context
   * @param whole the context that this one is a part of
   */
  constructor(
    run: Run,
    clauses: readonly [ClauseId, ...ClauseId[]],
    signal: AbortSignal,
    label: string = clauses[0],
    whole?: Context,
  ) {
    this.run = run
    this.#clauses = clauses
    this.#label = label
    this.random = new Random(run.seed, label)
    this.dbg = whole?.dbg ?? `conformance ${label}`
    this.signal = signal
    this.flights = whole?.flights ?? new Flights(signal)
    this.resources = whole?.resources ?? new Resources()
    this.held = whole?.held ?? []
    this.calls = whole?.calls ?? []
  }

  /** A part of this check, which gives names and makes random choices of its own, whatever runs beside it. */
  lane(name: string): Context {
    return new Context(this.run, this.#clauses, this.signal, `${this.#label}-${name}`, this)
  }

  /** Whether this stands for the check of a clause, and that can be judged; what only that needs is otherwise left out. */
  isAbout(id: ClauseId): boolean {
    return this.#clauses.includes(id) && isApplicable(this.run, id)
  }

  /**
   * Judges one clause of the check. What its body throws is entered against the clause, and the check goes on.
   * @throws what is no finding: a defect of the suite, an interruption
   */
  async judge(id: ClauseId, body: () => Promise<void>): Promise<void> {
    if (!this.#clauses.includes(id)) throw new Error(`a check of ${this.#clauses[0]} judges ${id} as well`)
    if (!this.run.selected(id)) return
    const begin = performance.now()
    const before = this.calls.length
    const seconds = () => (performance.now() - begin) / 1000
    try {
      applicability(this.run, id)
      await body()
      this.run.ledger.pass(id, seconds())
    } catch (thrown) {
      this.signal.throwIfAborted()
      const calls = this.calls.slice(Math.max(0, before - CONTEXT_CALLS))
      if (!this.run.ledger.enter(id, thrown, calls, seconds())) throw thrown
    }
  }

  /**
   * Judges one clause whose body does what later ones of the check stand on: that is done also where this one is not to be
   * judged, and what comes of it is then nobody's finding.
   */
  async step(id: ClauseId, body: () => Promise<void>): Promise<void> {
    if (this.run.selected(id)) return await this.judge(id, body)
    try {
      applicability(this.run, id)
      await body()
    } catch (thrown) {
      this.signal.throwIfAborted()
      if (!isFinding(thrown)) throw thrown
    }
  }

  /** Whether something could be done; false where the plugin does not offer it. */
  async offers(work: Promise<unknown>): Promise<boolean> {
    try {
      await work
      return true
    } catch (error) {
      if (error instanceof NotApplicable) return false
      throw error
    }
  }

  /** Calls a method, and returns its result. */
  async call<M extends MethodName>(method: M, params: Own<M>, options: CheckCallOptions = {}): Promise<Result<M>> {
    return this.succeeded(await this.outcome(method, params, options))
  }

  /**
   * Registers something before it is made; the function returned forgets it again, once it is gone.
   * @throws the reason of the interruption, after which nothing is made
   */
  register(resource: Resource): () => void {
    this.signal.throwIfAborted()
    return this.resources.add(resource)
  }

  /**
   * Calls a method, whatever comes of it: also after an interruption, so that what it made is known.
   * @throws the reason of the interruption, before which it was not called, or by which it was killed
   */
  async outcome<M extends MethodName>(method: M, params: Own<M>, options: CheckCallOptions = {}): Promise<Called<M>> {
    const { plugin = this.pluginFor(method, params), dbg = this.dbg, ...raw } = options
    const complete = { dbg, ...params } as unknown as Params<M>
    this.signal.throwIfAborted()
    const { killed } = this.flights
    const signal = raw.signal === undefined ? killed : AbortSignal.any([killed, raw.signal])
    const called = await this.flights.track(this.run.caller.call(plugin, method, complete, { ...raw, signal }))
    if (killed.aborted) throw killed.reason
    if (called.record !== undefined) this.calls.push(called.record)
    if (called.invocation?.heldOpen) this.held.push(method)
    return called
  }

  /**
   * The result of a call that went well.
   * @throws CallFailed or NotApplicable where it did not
   */
  succeeded<M extends MethodName>({ method, outcome, record }: Called<M>): Result<M> {
    if (outcome.ok) return outcome.value
    throw this.#failure(method, outcome.error, record)
  }

  /** Calls a method that makes something, and notes what became of it. */
  async making<M extends MethodName>(made: { fate: Fate }, method: M, params: Own<M>): Promise<Result<M>> {
    this.signal.throwIfAborted()
    made.fate = 'uncertain'
    const called = await this.outcome(method, params)
    made.fate = fateOf(called)
    return this.succeeded(called)
  }

  /** Calls a method that must fail with an error object, and returns the error. */
  async refused<M extends MethodName>(
    method: M,
    params: Own<M>,
    what: string,
    options: CheckCallOptions = {},
  ): Promise<Smapiv3Error> {
    return this.demandRefused(await this.outcome(method, params, options), what)
  }

  /** Demands of a call that it failed with an error object, and returns the error. */
  demandRefused<M extends MethodName>({ method, outcome, record }: Called<M>, what: string): Smapiv3Error {
    if (outcome.ok)
      throw new Violation(
        `${method} is refused with an error object: ${what}`,
        `it succeeded: ${record?.stdout ?? ''}`,
        record,
      )
    if (outcome.error.kind === 'PLUGIN_ERROR') return outcome.error
    if (outcome.error.kind === 'SCRIPT_MISSING') throw this.#failure(method, outcome.error, record)
    throw new CallFailed(method, outcome.error, record, true)
  }

  /** Path of the plugin that a method is called on. */
  pluginFor(method: MethodName, params: object): string {
    const { subjects } = this.run
    if (METHODS[method].kinds.includes(subjects.judged.kind)) return subjects.judged.path
    const uri = 'uri' in params && typeof params.uri === 'string' ? params.uri : ''
    const datapath = subjects.datapathOf(uri)
    if (datapath === undefined) throw new NotApplicable(`needs a datapath plugin for ${uri}`, 'name it with --datapath')
    return datapath.path
  }

  /** A request as text, for calls that break the protocol on purpose. */
  input(params: object): string {
    return `${stringifyJson({ dbg: this.dbg, ...params })}\n`
  }

  /** A domain that nobody else uses. */
  domain(): string {
    this.#names += 1
    return `u0_${this.run.name}_${this.#label}_${this.#names}`.replaceAll('-', '_')
  }

  /** A name that nobody else gives. */
  name(what: string): string {
    this.#names += 1
    return `${this.run.name} ${this.#label} ${what} ${this.#names}`
  }

  #failure(method: MethodName, error: Smapiv3Error, record: TraceRecord | undefined): Error {
    const isMissing = error.kind === 'SCRIPT_MISSING'
    const isUnimplemented = error.kind === 'PLUGIN_ERROR' && error.params?.[0] === 'Unimplemented'
    const { feature } = METHODS[method]
    const isPromised =
      NEEDED.includes(method) ||
      (feature !== null && this.run.subjects.ownersOf(method).some(({ features }) => features.has(feature)))
    const isOfFormat = isUnimplemented && feature !== null && OF_FORMATS.includes(feature)
    if (isOfFormat) this.run.lacking.add(feature)
    if (isOfFormat || ((isMissing || isUnimplemented) && !isPromised))
      return new NotApplicable(`needs ${method}, which the plugin does not implement`)
    return new CallFailed(method, error, record)
  }
}

/** How many calls before those of a clause stand in its transcript. */
const CONTEXT_CALLS = 12
