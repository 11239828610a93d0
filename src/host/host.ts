/** The host: everything that a caller, be it the command line, the daemon or a test suite, can do with plugins. */
import type { MethodName, Params, PluginKind } from '../contract/methods.ts'
import type { Invocation } from '../invoke/invoke.ts'
import { Recorder } from '../invoke/recorder.ts'
import { findPlugin, kindOfMethod } from '../registry/find.ts'
import type { DiscoveredPlugin } from '../registry/plugin.ts'
import { Registry } from '../registry/registry.ts'
import type { ReadyPlugin, Snapshot } from '../registry/snapshot.ts'
import { type AttachedSr, AttachedSrs } from './attached-srs.ts'
import { Connections } from './connections.ts'
import { Disks } from './disks.ts'
import { Locks } from './locks.ts'
import { type Callee, type CallOptions, PluginCaller, type SpawnerChoice } from './plugin-caller.ts'
import { loadSettings, type Settings } from './settings.ts'
import { Srs } from './srs.ts'
import { Volumes } from './volumes.ts'

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
}

export class Host {
  readonly registry: Registry
  readonly srs: Srs
  readonly volumes: Volumes
  readonly disks: Disks
  /** The last calls. */
  readonly trace: Recorder
  readonly #caller: PluginCaller
  readonly #roots: readonly string[]

  constructor({ roots, stateDirectory, settings = loadSettings(), onWarning = () => {}, spawnerFor }: HostOptions) {
    this.#roots = roots
    this.trace = new Recorder(`${stateDirectory}/trace`, {
      limit: settings.trace_limit,
      onFailure: (error) => onWarning(`calls are not recorded: ${error.message}`),
    })
    this.#caller = new PluginCaller(settings, this.trace, spawnerFor)
    this.registry = new Registry({ roots, invoke: (call) => this.#caller.query(call) })
    const table = new AttachedSrs(stateDirectory, onWarning)
    const connections = new Connections(stateDirectory, onWarning)
    const parts = {
      caller: this.#caller,
      locks: new Locks(),
      table,
      connections,
      warn: onWarning,
      calleeOf: (sr: AttachedSr) => this.#calleeOf(sr),
    }
    this.srs = new Srs({ ...parts, volumePlugin: (name) => this.registry.find(name, 'volume') })
    this.volumes = new Volumes(parts)
    this.disks = new Disks({ ...parts, datapathFor: (scheme) => this.registry.datapathFor(scheme) })
  }

  /** Every plugin in the roots, usable or not, each asked what it is. */
  plugins(): Promise<Snapshot> {
    return this.registry.queryAll()
  }

  /**
   * One plugin, asked what it is.
   * @throws Smapiv3Error NO_SUCH_PLUGIN or PLUGIN_REJECTED
   */
  plugin(name: string, kind?: PluginKind): Promise<ReadyPlugin> {
    return this.registry.find(name, kind)
  }

  /**
   * One plugin as its files are now; it is not asked anything.
   * @throws Smapiv3Error NO_SUCH_PLUGIN or PLUGIN_REJECTED
   */
  files(name: string, kind?: PluginKind): DiscoveredPlugin {
    return findPlugin(this.#roots, name, kind)
  }

  /**
   * One method of one plugin, as it is: its own answer, no SR, no lock, no shim. What the plugin did is in the outcome.
   * @throws Smapiv3Error where there is no such plugin or script
   */
  call<M extends MethodName>(
    plugin: string,
    method: M,
    params: Params<M>,
    options?: CallOptions,
  ): Promise<Invocation<M>> {
    return this.#caller.invoke(findPlugin(this.#roots, plugin, kindOfMethod(method)), method, params, options)
  }

  /** Ends what runs in the background. */
  close(): void {
    this.registry.close()
  }

  #calleeOf(sr: AttachedSr): Callee {
    return { plugin: findPlugin(this.#roots, sr.plugin, 'volume'), apiVersion: sr.required_api_version }
  }
}
