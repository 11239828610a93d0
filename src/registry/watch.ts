/** Hot add, change and removal of plugins: events of the kernel first, a slow rescan as the safety net. */
import { DirectoryWatch, targetsOf } from './directories.ts'
import type { Files } from './files.ts'
import type { DiscoveredPlugin } from './plugin.ts'
import { type Failure, isRegistration, type QueryOutcome } from './query.ts'
import { REJECTIONS } from './rejections.ts'
import { fingerprint, type Snapshot } from './snapshot.ts'

export interface WatchOptions {
  /** Gets each new snapshot; what it throws is not caught. */
  readonly onSnapshot: (snapshot: Snapshot) => void
  /** Gets what makes watching less than prompt, once per cause. The rescan goes on. */
  readonly onWarning?: (message: string) => void
  /** Seconds between two rescans; 30 by default. */
  readonly rescan?: number
  /**
   * Seconds without a further event after which the disk is read; 0.05 by default, and never more than ten times that.
   */
  readonly debounce?: number
  /** Seconds before a plugin that failed Plugin.query is asked again, doubled each time up to 60; 1 by default. */
  readonly retry?: number
}

/** What the watch needs of the registry. */
export interface Watched {
  /** Reads the roots and returns everything that was looked at. */
  readonly read: () => Files
  /** The snapshot of the last reading. */
  readonly snapshot: () => Snapshot
  readonly plugins: () => readonly DiscoveredPlugin[]
  readonly known: (plugin: DiscoveredPlugin) => QueryOutcome | undefined
  /** Whether the plugin is being asked, or has answered, with the files it has now. */
  readonly isCurrent: (plugin: DiscoveredPlugin) => boolean
  readonly failure: (plugin: DiscoveredPlugin) => Failure | undefined
  /** Asks, also a plugin whose answer is known. */
  readonly ask: (plugin: DiscoveredPlugin) => void
  readonly closed: () => void
}

const RESCAN = 30
const DEBOUNCE = 0.05
/** A steady stream of events postpones the reading at most so many times the debounce. */
const DEBOUNCES_AT_MOST = 10
const RETRY = 1
const RETRY_AT_MOST = 60
/** What changes between reading and watching is read again, but not for ever. */
const READINGS_AT_MOST = 4

export class RegistryWatch {
  readonly #options: Required<WatchOptions>
  readonly #watched: Watched
  readonly #directories: DirectoryWatch
  readonly #rescanTimer: NodeJS.Timeout
  readonly #warned = new Set<string>()
  #fingerprint: string
  #debounceTimer: NodeJS.Timeout | undefined
  #firstEvent: number | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: WatchOptions, watched: Watched) {
    this.#options = { onWarning: () => {}, rescan: RESCAN, debounce: DEBOUNCE, retry: RETRY, ...options }
    this.#watched = watched
    this.#directories = new DirectoryWatch(
      () => this.#noticed(),
      (error, directory) => this.#fault(error, directory),
    )
    this.#rescanTimer = setInterval(() => this.#look(), this.#options.rescan * 1000)
    this.#read()
    this.#fingerprint = fingerprint(watched.snapshot())
    this.#askPlugins()
  }

  /** To be called when a plugin has answered or failed. */
  settled(): void {
    this.#publish()
    this.#askPlugins()
  }

  /** Ends the watch: no watcher, timer or callback remains. Queries that run are not cancelled. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#rescanTimer)
    clearTimeout(this.#debounceTimer)
    clearTimeout(this.#retryTimer)
    this.#directories.close()
    this.#watched.closed()
  }

  #look(): void {
    this.#read()
    this.#publish()
    this.#askPlugins()
  }

  /** Reads until everything that was read was already watched when it was read. */
  #read(): void {
    this.#firstEvent = undefined
    clearTimeout(this.#debounceTimer)
    for (let readings = 1; readings <= READINGS_AT_MOST; readings++)
      if (!this.#directories.arm(targetsOf(this.#watched.read()))) return
  }

  #publish(): void {
    if (this.#isClosed) return
    const snapshot = this.#watched.snapshot()
    const text = fingerprint(snapshot)
    if (text === this.#fingerprint) return
    this.#fingerprint = text
    this.#options.onSnapshot(snapshot)
  }

  /** Asks who has not answered yet and who failed long enough ago; comes back when the next pause is over. */
  #askPlugins(): void {
    if (this.#isClosed) return
    clearTimeout(this.#retryTimer)
    const pauses: number[] = []
    for (const plugin of this.#watched.plugins()) {
      const pause = this.#pauseBefore(plugin)
      if (pause > 0) pauses.push(pause)
      else this.#watched.ask(plugin)
    }
    const next = Math.min(...pauses)
    if (Number.isFinite(next)) this.#retryTimer = setTimeout(() => this.#askPlugins(), next)
  }

  /** Milliseconds until the plugin is to be asked: 0 for now, Infinity for never with the files it has. */
  #pauseBefore(plugin: DiscoveredPlugin): number {
    if (!this.#watched.isCurrent(plugin)) return 0
    const outcome = this.#watched.known(plugin)
    if (outcome === undefined) return Number.POSITIVE_INFINITY
    if (isRegistration(outcome) || !REJECTIONS[outcome.code].retried) return Number.POSITIVE_INFINITY
    const { times, at } = this.#watched.failure(plugin) ?? { times: 1, at: performance.now() }
    const pause = Math.min(this.#options.retry * 2 ** (times - 1), RETRY_AT_MOST)
    return Math.max(0, at + pause * 1000 - performance.now())
  }

  #noticed(): void {
    if (this.#isClosed) return
    const { debounce } = this.#options
    this.#firstEvent ??= performance.now()
    const latest = this.#firstEvent + debounce * DEBOUNCES_AT_MOST * 1000
    const pause = Math.max(0, Math.min(debounce * 1000, latest - performance.now()))
    clearTimeout(this.#debounceTimer)
    this.#debounceTimer = setTimeout(() => this.#look(), pause)
  }

  #fault(error: NodeJS.ErrnoException, directory: string): void {
    const cause = error.code ?? error.message
    if (this.#warned.has(cause)) return
    this.#warned.add(cause)
    const { rescan, onWarning } = this.#options
    onWarning(`${directory} cannot be watched (${cause}): changes are noticed only by the rescan every ${rescan} s`)
  }
}
