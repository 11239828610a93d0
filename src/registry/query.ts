/** Asking plugins what they are: Plugin.query at registration, few at a time, remembered until a file changes. */
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import pLimit, { type LimitFunction } from 'p-limit'
import type { ErrorKind, Smapiv3Error } from '../contract/errors.ts'
import { asSmapiv3Error } from '../contract/errors.ts'
import type { Params } from '../contract/methods.ts'
import { API_VERSIONS, parseFeatures, type QueryResult, warningsAbout } from './features.ts'
import { Files, identityOf, isObjection } from './files.ts'
import { type DiscoveredPlugin, type PluginShape, scriptOf } from './plugin.ts'
import { type Objection, type Rejection, type RejectionCode, rejection, type Warning } from './rejections.ts'

/** What the registry asks of the invoke room: to run Plugin.query once. */
export interface QueryCall {
  readonly method: 'Plugin.query'
  readonly script: string
  readonly shape: PluginShape
  readonly params: Params<'Plugin.query'>
  readonly signal: AbortSignal
  /** Seconds, 0 for none; undefined leaves the choice to the method table. */
  readonly deadline?: number
}

/** Runs the call; rejects for nothing a plugin did. */
export type InvokeQuery = (call: QueryCall) => Promise<{
  readonly outcome:
    | { readonly ok: true; readonly value: QueryResult }
    | { readonly ok: false; readonly error: Smapiv3Error }
}>

/** A plugin that answered Plugin.query and speaks a version of SMAPIv3 that the host speaks. */
export interface Registration {
  readonly query: QueryResult
  /** Declared features with their versions. */
  readonly features: ReadonlyMap<string, number>
  readonly warnings: readonly Warning[]
}

export type QueryOutcome = Registration | Rejection

export interface QueryOptions {
  /** How many plugins are asked at the same time; the number of cores by default: more gain nothing. */
  readonly concurrency?: number | undefined
  /** Of each Plugin.query, in seconds, 0 for none; the method table's by default. */
  readonly deadline?: number | undefined
  /**
   * Seconds after which a script that still runs no longer counts as one of the `concurrency`, so that a few that hang
   * do not hold up all others; 5 by default.
   */
  readonly patience?: number | undefined
  /** Called when a plugin has answered or failed. */
  readonly onSettled?: (() => void) | undefined
}

/** How a plugin that is not usable has failed so far. */
export interface Failure {
  /** How often in a row, with the files it has now. */
  readonly times: number
  /** When it failed last, in milliseconds of performance.now(). */
  readonly at: number
}

interface Answer {
  /** Identity of the script that was run. */
  readonly script: string
  /** Identities of the plugin directory that the answer is good for: as it was before the script ran, and after. */
  readonly directories: Set<string>
  readonly outcome: Promise<QueryOutcome>
  running: boolean
  /** The last answer of this script; undefined while it runs for the first time. */
  settled: QueryOutcome | undefined
  failure: Failure | undefined
}

const PATIENCE = 5

/** What the toolstack passes as dbg at registration. */
const DBG = 'register'

/** Every other failure is `query-failed`. */
const CODE_OF_ERROR: Partial<Record<ErrorKind, RejectionCode>> = {
  SCRIPT_TIMED_OUT: 'query-timed-out',
  SCRIPT_BAD_JSON: 'bad-query-reply',
  SCRIPT_BAD_RESULT: 'bad-query-reply',
  SCRIPT_BAD_ERROR: 'bad-query-reply',
}

/** The answers of plugins, by path; a changed plugin is asked again. */
export class Queries {
  readonly #invoke: InvokeQuery
  readonly #limit: LimitFunction
  readonly #deadline: number | undefined
  readonly #patience: number
  readonly #onSettled: () => void
  readonly #closing = new AbortController()
  readonly #answers = new Map<string, Answer>()

  constructor(invoke: InvokeQuery, options: QueryOptions = {}) {
    const { concurrency = availableParallelism(), deadline, patience = PATIENCE, onSettled = () => {} } = options
    this.#invoke = invoke
    this.#limit = pLimit(concurrency)
    this.#deadline = deadline
    this.#patience = patience
    this.#onSettled = onSettled
  }

  /** What the plugin answered last with the script it has now; undefined when that has not answered yet. */
  known(plugin: DiscoveredPlugin): QueryOutcome | undefined {
    return this.#answerOf(plugin)?.settled
  }

  /** Whether the plugin is being asked, or has answered, with the script and the directory it has now. */
  isCurrent(plugin: DiscoveredPlugin): boolean {
    const answer = this.#answerOf(plugin)
    return answer !== undefined && (answer.running || answer.directories.has(plugin.identity))
  }

  /** How the plugin has failed with the script it has now; undefined when it has not. */
  failure(plugin: DiscoveredPlugin): Failure | undefined {
    return this.#answerOf(plugin)?.failure
  }

  /**
   * The answer of the plugin: the remembered one, unless its files changed or it is to be asked `again`. A script that
   * runs is never started a second time: what it writes into its own directory would start it again and again. Never
   * rejects.
   */
  ask(plugin: DiscoveredPlugin, { again = false }: { again?: boolean } = {}): Promise<QueryOutcome> {
    const answer = this.#answerOf(plugin)
    const reusable = answer !== undefined && this.isCurrent(plugin) && (answer.running || !again)
    return reusable ? answer.outcome : this.#askNow(plugin, answer)
  }

  /** Forgets plugins that are not there any more. */
  keepOnly(plugins: readonly DiscoveredPlugin[]): void {
    const paths = new Set(plugins.map(({ path }) => path))
    for (const path of this.#answers.keys()) if (!paths.has(path)) this.#answers.delete(path)
  }

  /** Cancels what runs; nothing is asked any more. */
  close(): void {
    this.#closing.abort()
  }

  #answerOf(plugin: DiscoveredPlugin): Answer | undefined {
    const answer = this.#answers.get(plugin.path)
    return answer?.script === scriptIdentity(plugin) ? answer : undefined
  }

  #askNow(plugin: DiscoveredPlugin, previous: Answer | undefined): Promise<QueryOutcome> {
    const answer: Answer = {
      script: scriptIdentity(plugin),
      directories: new Set([plugin.identity]),
      outcome: this.#inTurn(plugin).then((outcome) => {
        settle(answer, plugin, outcome)
        this.#onSettled()
        return outcome
      }),
      running: true,
      settled: previous?.settled,
      failure: previous?.directories.has(plugin.identity) ? previous.failure : undefined,
    }
    this.#answers.set(plugin.path, answer)
    return answer.outcome
  }

  #inTurn(plugin: DiscoveredPlugin): Promise<QueryOutcome> {
    return new Promise((resolve) => {
      void this.#limit(async () => {
        const outcome = this.#run(plugin)
        void outcome.then(resolve)
        const settled = new AbortController()
        const patience = pause(this.#patience * 1000, undefined, { ref: false, signal: settled.signal })
        await Promise.race([outcome, patience])
        settled.abort()
      })
    })
  }

  async #run(plugin: DiscoveredPlugin): Promise<QueryOutcome> {
    try {
      const { outcome } = await this.#invoke({
        method: 'Plugin.query',
        script: scriptOf(plugin, 'Plugin.query').path,
        shape: plugin.shape,
        params: { dbg: DBG },
        signal: this.#closing.signal,
        ...(this.#deadline === undefined ? {} : { deadline: this.#deadline }),
      })
      return outcome.ok ? registration(plugin, outcome.value) : rejection(objectionTo(outcome.error), plugin)
    } catch (error) {
      return rejection(objectionTo(asSmapiv3Error(error)), plugin)
    }
  }
}

/** Whether a plugin may be used. */
export function isRegistration(outcome: QueryOutcome): outcome is Registration {
  return 'query' in outcome
}

function settle(answer: Answer, plugin: DiscoveredPlugin, outcome: QueryOutcome): void {
  const times = (answer.failure?.times ?? 0) + 1
  answer.failure = isRegistration(outcome) ? undefined : { times, at: performance.now() }
  answer.settled = outcome
  answer.running = false
  answer.directories.add(directoryIdentity(plugin))
}

function registration(plugin: DiscoveredPlugin, query: QueryResult): QueryOutcome {
  const version = query.required_api_version
  if (!API_VERSIONS.includes(version))
    return rejection(
      {
        code: 'unsupported-api-version',
        message: `Plugin.query requires SMAPIv3 ${JSON.stringify(version)}; supported are ${API_VERSIONS.join(' and ')}`,
      },
      plugin,
    )
  return Object.freeze({ query, features: parseFeatures(query.features), warnings: warningsAbout(plugin, query) })
}

function objectionTo(error: Smapiv3Error): Objection {
  return {
    code: CODE_OF_ERROR[error.kind] ?? 'query-failed',
    message: `Plugin.query: ${error.message}`,
    recovery: error.recovery,
    cause: error,
  }
}

function scriptIdentity(plugin: DiscoveredPlugin): string {
  return plugin.scripts.get('Plugin.query')?.identity ?? ''
}

/**
 * Identity of the plugin directory after its Plugin.query ran: what the script itself writes there (a lock, a cache of
 * compiled modules) must not make it be asked again, for ever.
 */
function directoryIdentity(plugin: DiscoveredPlugin): string {
  if (plugin.shape === 'file') return plugin.identity
  const found = new Files().follow(plugin.path)
  return isObjection(found) ? plugin.identity : identityOf(found.stats)
}
