/** Calls on plugins, with everything that the host adds to one call: script, deadline, environment, trace, shims. */
import { basename, dirname } from 'node:path'
import { type ErrorKind, Smapiv3Error } from '../contract/errors.ts'
import type { MethodName, Params, Result } from '../contract/methods.ts'
import type { CallRecorder } from '../invoke/call.ts'
import { pluginEnvironment } from '../invoke/environment.ts'
import { type Call, type Invocation, invoke } from '../invoke/invoke.ts'
import type { Spawner } from '../invoke/spawn.ts'
import { type DiscoveredPlugin, scriptOf } from '../registry/plugin.ts'
import type { QueryCall } from '../registry/query.ts'
import { deadlineOf, type Settings } from './settings.ts'
import { type Shim, shimFor } from './shims.ts'

/** What a caller may say of any call. */
export interface CallOptions {
  /** Passed to the plugin unchanged as its first parameter. */
  readonly dbg?: string | undefined
  /** Seconds for each script that is run, 0 for none; otherwise the settings and the method table decide. */
  readonly deadline?: number | undefined
  /** Cancels the call: a script that runs is killed. */
  readonly signal?: AbortSignal | undefined
  /** Seconds between SIGTERM and SIGKILL for a script that is cancelled or too slow; with 0 SIGKILL comes at once. */
  readonly killGrace?: number | undefined
}

/** What a test suite may say of one call on a plugin as it is. */
export interface RawCallOptions extends CallOptions {
  /** Written to stdin as it is, in the place of the params. */
  readonly input?: string | undefined
  /** Working directory; / by default. */
  readonly cwd?: string | undefined
  /** The whole environment; that of the settings by default. */
  readonly environment?: Readonly<Record<string, string>> | undefined
}

/** Params of a method without `dbg`, which every call has. */
export type OwnParams<M extends MethodName> = Omit<Params<M>, 'dbg'>

/** A plugin, and the version of the interface it wants to be spoken to. */
export interface Callee {
  readonly plugin: DiscoveredPlugin
  readonly apiVersion: string
}

/** How the script of a call is started; undefined for the usual way. */
export type SpawnerChoice = (call: { readonly plugin: string; readonly dbg: string }) => Spawner | undefined

const DEFAULT_DBG = 'smapiv3'

/** Errors of a plugin that mean that the caller named something that is not there, by the first of their params. */
const ABSENT: Readonly<Record<string, ErrorKind>> = {
  Volume_does_not_exist: 'NO_SUCH_VOLUME',
  SR_does_not_exist: 'NO_SUCH_SR',
  Sr_not_attached: 'NO_SUCH_SR',
}

export class PluginCaller {
  readonly #settings: Settings
  readonly #recorder: CallRecorder | undefined
  readonly #environment: Readonly<Record<string, string>>
  readonly #spawnerFor: SpawnerChoice | undefined

  constructor(settings: Settings, recorder: CallRecorder | undefined, spawnerFor?: SpawnerChoice) {
    this.#spawnerFor = spawnerFor
    this.#settings = settings
    this.#recorder = recorder
    this.#environment = pluginEnvironment(process.env, settings.environment)
  }

  /** Runs one method as it is: the plugin's own answer, without shims. Rejects where there is no script to run. */
  async invoke<M extends MethodName>(
    plugin: DiscoveredPlugin,
    method: M,
    params: Params<M>,
    options: RawCallOptions = {},
  ): Promise<Invocation<M>> {
    return this.#run(plugin, method, params, options, {})
  }

  /** Runs Plugin.query for the registry, with what the settings say of any call. */
  query(call: QueryCall): Promise<Invocation<'Plugin.query'>> {
    const path = call.shape === 'file' ? call.script : dirname(call.script)
    return this.#start(call, basename(path))
  }

  /**
   * Runs one method and returns its result.
   * @param repair applied to what the script printed, before it is validated
   * @throws Smapiv3Error for everything else; NO_SUCH_VOLUME and NO_SUCH_SR where the plugin says so
   */
  async call<M extends MethodName>(
    callee: Callee,
    method: M,
    params: OwnParams<M>,
    options: CallOptions = {},
    repair?: (result: unknown) => unknown,
  ): Promise<Result<M>> {
    return (await this.callWithStderr(callee, method, params, options, repair)).value
  }

  /** The same, with what the script said on stderr beside its result. */
  async callWithStderr<M extends MethodName>(
    { plugin, apiVersion }: Callee,
    method: M,
    params: OwnParams<M>,
    options: CallOptions = {},
    repair: (result: unknown) => unknown = (result) => result,
  ): Promise<{ readonly value: Result<M>; readonly stderr: string }> {
    const shim = shimFor(apiVersion, method, params)
    const { repair: shimmed = (result) => result } = shim
    if (shim.missingResult === null && !plugin.scripts.has(method)) return { value: null as Result<M>, stderr: '' }
    const complete = { dbg: options.dbg ?? DEFAULT_DBG, ...params } as unknown as Params<M>
    const { outcome, stderr } = await this.#run(plugin, method, complete, options, {
      ...shim,
      repair: (result) => repair(shimmed(result)),
    })
    if (outcome.ok) return { value: outcome.value, stderr }
    throw absence(outcome.error)
  }

  #run<M extends MethodName>(
    plugin: DiscoveredPlugin,
    method: M,
    params: Params<M>,
    { dbg: _, ...options }: RawCallOptions,
    { extraParams, repair }: Shim,
  ): Promise<Invocation<M>> {
    const script = scriptOf(plugin, method).path
    return this.#start({ method, script, shape: plugin.shape, params, extraParams, repair, ...options }, plugin.name)
  }

  #start<M extends MethodName>(call: Call<M>, plugin: string): Promise<Invocation<M>> {
    return invoke({
      ...call,
      deadline: call.deadline ?? deadlineOf(this.#settings, plugin, call.method),
      environment: call.environment ?? this.#environment,
      outputLimit: this.#settings.output_limit,
      recorder: this.#recorder,
      spawner: this.#spawnerFor?.({ plugin, dbg: call.params.dbg }),
    })
  }
}

/** The result of a call, or undefined where the plugin says that the volume is not there. */
export async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof Smapiv3Error && error.kind === 'NO_SUCH_VOLUME') return undefined
    throw error
  }
}

/** The error of a plugin as one of the host, where it says that what the caller named is not there. */
function absence(error: Smapiv3Error): Smapiv3Error {
  const kind = error.kind === 'PLUGIN_ERROR' ? ABSENT[error.params?.[0] ?? ''] : undefined
  if (kind === undefined) return error
  const { code, params, stderr, backtrace } = error
  return new Smapiv3Error(kind, error.message, { code, params, stderr, backtrace, cause: error })
}
