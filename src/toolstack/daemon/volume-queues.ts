/** One queue for each volume plugin: opened when the plugin comes, drained and destroyed when it has gone. */
import { REJECTIONS } from '../../registry/rejections.ts'
import type { PluginEntry, Snapshot } from '../../registry/snapshot.ts'
import type { Log } from '../log.ts'
import type { QueueServer } from '../switch/server.ts'

/** Seconds that a plugin may be away, as it is while a package is upgraded. */
const ABSENCE = 2

export interface VolumeQueuesOptions {
  readonly open: (queue: string) => QueueServer
  /** Seconds that the requests of a removed plugin may take to end. */
  readonly drain: number
  readonly log: Log
  readonly absence?: number
}

export class VolumeQueues {
  readonly #options: VolumeQueuesOptions
  readonly #open = new Map<string, QueueServer>()
  readonly #leaving = new Map<string, NodeJS.Timeout>()
  /** A queue that is being drained has its requests for itself: it is opened again only when it is destroyed. */
  readonly #removals = new Map<string, Promise<void>>()
  #snapshot: Snapshot | undefined
  #isClosed = false

  constructor(options: VolumeQueuesOptions) {
    this.#options = options
  }

  get servers(): ReadonlyMap<string, QueueServer> {
    return this.#open
  }

  /** Brings the queues in line with the plugins that there are. */
  apply(snapshot: Snapshot): void {
    if (this.#isClosed) return
    this.#snapshot = snapshot
    const present = new Set(snapshot.plugins.filter(isServed).map(({ name }) => name))
    for (const name of present) this.#comes(name)
    for (const name of this.#open.keys()) if (!present.has(name)) this.#goes(name)
  }

  /** Takes no further request and waits up to `drain` seconds for those that run; the queues stay for the next daemon. */
  async close(drain: number): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#leaving.values()) clearTimeout(timer)
    await Promise.all([...this.#open.values()].map((server) => server.close({ drain })))
    await Promise.all(this.#removals.values())
  }

  #comes(name: string): void {
    clearTimeout(this.#leaving.get(name))
    this.#leaving.delete(name)
    if (!this.#open.has(name) && !this.#removals.has(name)) this.#open.set(name, this.#options.open(name))
  }

  #goes(name: string): void {
    if (this.#leaving.has(name)) return
    const { absence = ABSENCE } = this.#options
    this.#leaving.set(
      name,
      setTimeout(() => this.#remove(name), absence * 1000),
    )
  }

  #remove(name: string): void {
    const { drain, log } = this.#options
    const server = this.#open.get(name)
    this.#leaving.delete(name)
    this.#open.delete(name)
    if (server === undefined) return
    log('info', { queue: name }, 'the plugin has gone: its queue is drained and destroyed')
    const removal = server
      .remove({ drain })
      .catch((error: Error) => log('warn', { queue: name, error: error.message }, 'the queue was not destroyed'))
      .finally(() => {
        this.#removals.delete(name)
        if (this.#snapshot !== undefined) this.apply(this.#snapshot)
      })
    this.#removals.set(name, removal)
  }
}

/** A plugin that fails Plugin.query for now is served, so that its callers get errors instead of nothing. */
function isServed(entry: PluginEntry): boolean {
  return entry.kind === 'volume' && (entry.status !== 'rejected' || REJECTIONS[entry.reason.code].retried)
}
