/** The host: everything that a caller, be it the command line, the daemon or a test suite, can do with plugins. */
import type { MethodName, Params, PluginKind } from '../contract/methods.ts'
import type { Invocation } from '../invoke/invoke.ts'
import type { Recorder } from '../invoke/recorder.ts'
import { findPlugin } from '../registry/find.ts'
import type { DiscoveredPlugin } from '../registry/plugin.ts'
import { Registry } from '../registry/registry.ts'
import type { ReadyPlugin, Snapshot } from '../registry/snapshot.ts'
import { type AttachedSr, AttachedSrs } from './attached-srs.ts'
import { Connections } from './connections.ts'
import { DiskSession } from './disk-session.ts'
import { Disks } from './disks.ts'
import { Locks } from './locks.ts'
import { Operations } from './operations.ts'
import type { Callee, RawCallOptions } from './plugin-caller.ts'
import { type HostOptions, PluginCalls } from './plugin-calls.ts'
import { Srs } from './srs.ts'
import { Volumes } from './volumes.ts'

export type { HostOptions } from './plugin-calls.ts'

export class Host {
  readonly registry: Registry
  readonly srs: Srs
  readonly volumes: Volumes
  readonly disks: Disks
  readonly operations: Operations
  readonly #calls: PluginCalls
  readonly #roots: readonly string[]

  constructor(options: HostOptions) {
    const { roots, stateDirectory, onWarning = () => {} } = options
    this.#roots = roots
    this.#calls = new PluginCalls(options)
    const { caller } = this.#calls
    this.registry = new Registry({ roots, invoke: (call) => caller.query(call) })
    const table = new AttachedSrs(stateDirectory, onWarning)
    const connections = new Connections(stateDirectory, onWarning)
    const parts = {
      caller,
      locks: new Locks(),
      table,
      connections,
      warn: onWarning,
      calleeOf: (sr: AttachedSr) => this.#calleeOf(sr),
    }
    this.srs = new Srs({ ...parts, volumePlugin: (name) => this.registry.find(name, 'volume') })
    const datapathFor = (scheme: string) => this.registry.datapathFor(scheme)
    const diskParts = { ...parts, datapathFor }
    this.volumes = new Volumes({
      ...parts,
      showGrowth: (sr, key, call) => new DiskSession(diskParts, sr, key, call).attachAgain(),
    })
    this.disks = new Disks(diskParts)
    this.operations = new Operations({ caller, disks: this.disks, datapathFor })
  }

  /** The last calls. */
  get trace(): Recorder {
    return this.#calls.trace
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
    options?: RawCallOptions,
  ): Promise<Invocation<M>> {
    return this.#calls.call(plugin, method, params, options)
  }

  /** Ends what runs in the background. */
  close(): void {
    this.registry.close()
  }

  #calleeOf(sr: AttachedSr): Callee {
    return { plugin: findPlugin(this.#roots, sr.plugin, 'volume'), apiVersion: sr.required_api_version }
  }
}
