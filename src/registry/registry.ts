/** The registry: which plugins exist and what they answered, read anew at each look or kept current by watching. */
import { Smapiv3Error } from '../contract/errors.ts'
import type { PluginKind } from '../contract/methods.ts'
import { type Discovery, discover } from './discover.ts'
import type { Files } from './files.ts'
import { findPlugin } from './find.ts'
import { objectionToName } from './layout.ts'
import { type DiscoveredPlugin, now } from './plugin.ts'
import { type InvokeQuery, isRegistration, Queries } from './query.ts'
import { rejectionError } from './rejections.ts'
import { type ReadyPlugin, readyEntry, readyIn, type Snapshot, snapshotOf } from './snapshot.ts'
import { RegistryWatch, type WatchOptions } from './watch.ts'

export interface RegistryOptions {
  /** Directories that hold volume.d, volume, datapath.d or datapath; the first wins. */
  readonly roots: readonly string[]
  /** Runs Plugin.query. */
  readonly invoke: InvokeQuery
  /** How many plugins are asked at the same time; the number of cores by default. */
  readonly concurrency?: number
  /** Deadline of each Plugin.query in seconds, 0 for none; the method table's by default. */
  readonly deadline?: number
  /** Seconds after which a Plugin.query that still runs no longer keeps others from being asked; 5 by default. */
  readonly patience?: number
}

export class Registry {
  readonly #roots: readonly string[]
  readonly #queries: Queries
  #discovery: Discovery | undefined
  #snapshot: Snapshot | undefined
  #watch: RegistryWatch | undefined

  constructor({ roots, invoke, concurrency, deadline, patience }: RegistryOptions) {
    this.#roots = roots
    this.#queries = new Queries(invoke, { concurrency, deadline, patience, onSettled: () => this.#watch?.settled() })
  }

  /** What is known now; reads the roots if nothing has been read yet. Asks no plugin, so entries may be pending. */
  snapshot(): Snapshot {
    return this.#snapshot ?? this.scan()
  }

  /** Reads the roots again. Asks no plugin. */
  scan(): Snapshot {
    this.#discover()
    return this.#compose()
  }

  /**
   * Reads the roots, asks every plugin that has not answered with the files it has now, and returns without pending
   * entries.
   */
  async queryAll(): Promise<Snapshot> {
    const { plugins } = this.#discover()
    await Promise.all(plugins.map((plugin) => this.#ask(plugin)))
    return this.#compose()
  }

  /**
   * The plugin of that name, ready for use. Without a watch it is looked up on disk each time, so that mending the
   * reason of a rejection is enough; asking it is skipped while its files are the same.
   *
   * @param name as for `findPlugin`: queue name or scheme, last component of a queue name, or path
   * @throws Smapiv3Error NO_SUCH_PLUGIN, or PLUGIN_REJECTED with the reason
   */
  async find(name: string, kind?: PluginKind): Promise<ReadyPlugin> {
    const current = this.#watch === undefined ? undefined : readyIn(this.snapshot(), name, kind ?? 'volume')
    if (current !== undefined) return current
    const plugin = findPlugin(this.#roots, name, kind)
    const outcome = await this.#ask(plugin)
    if (isRegistration(outcome)) return readyEntry(plugin, outcome)
    throw rejectionError(outcome)
  }

  /**
   * The datapath plugin that serves a URI scheme, compared without regard to case.
   * @throws Smapiv3Error NO_SUCH_PLUGIN, or PLUGIN_REJECTED with the reason
   */
  async datapathFor(scheme: string): Promise<ReadyPlugin> {
    const objection = objectionToName('datapath', scheme)
    if (objection !== undefined) throw new Smapiv3Error('NO_SUCH_PLUGIN', objection.message)
    return this.find(scheme, 'datapath')
  }

  /**
   * Keeps the registry current without a restart: what is added, changed, mended or removed on disk is noticed, and
   * plugins that failed Plugin.query are asked again from time to time. At once the first reading is done;
   * `onSnapshot` gets a new snapshot for each change after it.
   * @throws Error when the registry is watched already
   */
  watch(options: WatchOptions): RegistryWatch {
    if (this.#watch !== undefined) throw new Error('this registry is being watched already')
    const watch = new RegistryWatch(options, {
      read: () => this.#read(),
      snapshot: () => this.#compose(),
      plugins: () => this.#discovery?.plugins ?? [],
      known: (plugin) => this.#queries.known(plugin),
      isCurrent: (plugin) => this.#queries.isCurrent(plugin),
      failure: (plugin) => this.#queries.failure(plugin),
      ask: (plugin) => void this.#queries.ask(plugin, { again: true }),
      closed: () => {
        this.#watch = undefined
      },
    })
    this.#watch = watch
    return watch
  }

  /** Ends the watch and cancels every Plugin.query that runs. */
  close(): void {
    this.#watch?.close()
    this.#queries.close()
  }

  /** A failure is remembered only while watching, where it is asked again with growing pauses. */
  #ask(plugin: DiscoveredPlugin) {
    const again = this.#watch === undefined && this.#queries.failure(plugin) !== undefined
    return this.#queries.ask(plugin, { again })
  }

  #discover(): Discovery {
    this.#read()
    return this.#discovery ?? discover(this.#roots)
  }

  /** Reads the roots and returns everything that was looked at. */
  #read(): Files {
    const moment = now()
    this.#discovery = discover(this.#roots, moment)
    this.#queries.keepOnly(this.#discovery.plugins)
    return moment.files
  }

  #compose(): Snapshot {
    const discovery = this.#discovery ?? this.#discover()
    this.#snapshot = snapshotOf(discovery, (plugin) => this.#queries.known(plugin))
    return this.#snapshot
  }
}
