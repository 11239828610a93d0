/** One method of one plugin, as it is: the part of the host that a single call needs, quick to load. */
import type { MethodName, Params } from '../contract/methods.ts'
import type { CallRecorder, Invocation } from '../invoke/call.ts'
import { Recorder } from '../invoke/recorder.ts'
import { findPlugin, kindOfMethod } from '../registry/find.ts'
import { PluginCaller, type RawCallOptions, type SpawnerChoice } from './plugin-caller.ts'
import { loadSettings, type Settings } from './settings.ts'

export interface HostOptions {
  /** Directories with plugins, the first wins. */
  readonly roots: readonly string[]
  /** Directory of what must survive this process: attached SRs and disks, the trace. */
  readonly stateDirectory: string
  /** The operator's settings; read from the configuration file by default. */
  readonly settings?: Settings
  /** Told what a caller should know although the call went on: a damaged record set aside, a trace that cannot be written. */
  readonly onWarning?: (message: string) => void
  /** Chooses how each script is started. */
  readonly spawnerFor?: SpawnerChoice
  /** Told of every call, beside the trace; the same rules hold for it. */
  readonly recorder?: CallRecorder
}

export class PluginCalls {
  /** The last calls. */
  readonly trace: Recorder
  readonly caller: PluginCaller
  readonly #roots: readonly string[]

  constructor(options: HostOptions) {
    const { roots, stateDirectory, settings = loadSettings(), onWarning = () => {}, spawnerFor, recorder } = options
    this.#roots = roots
    this.trace = new Recorder(`${stateDirectory}/trace`, {
      limit: settings.trace_limit,
      onFailure: (error) => onWarning(`calls are not recorded: ${error.message}`),
    })
    this.caller = new PluginCaller(
      settings,
      recorder === undefined ? this.trace : both(this.trace, recorder),
      spawnerFor,
    )
  }

  /**
   * One method of one plugin: its own answer, no SR, no lock, no shim. What the plugin did is in the outcome.
   * @throws Smapiv3Error where there is no such plugin or script
   */
  call<M extends MethodName>(
    plugin: string,
    method: M,
    params: Params<M>,
    options?: RawCallOptions,
  ): Promise<Invocation<M>> {
    return this.caller.invoke(findPlugin(this.#roots, plugin, kindOfMethod(method)), method, params, options)
  }
}

function both(first: CallRecorder, second: CallRecorder): CallRecorder {
  return {
    record(recorded) {
      first.record(recorded)
      second.record(recorded)
    },
  }
}
