/** How the daemon starts scripts: counted, and traced where an observer is enabled. */
import type { SpawnerChoice } from '../../host/plugin-caller.ts'
import { type Spawner, spawnWithNode } from '../../invoke/spawn.ts'
import { type TracingPlace, traced, traceparentOf } from './tracing.ts'

export class Scripts {
  /** By plugin, how many of its processes run. */
  readonly running = new Map<string, number>()
  readonly #isTracing: () => boolean
  readonly #place: TracingPlace | undefined

  constructor(isTracing: () => boolean, place?: TracingPlace) {
    this.#isTracing = isTracing
    this.#place = place
  }

  readonly spawnerFor: SpawnerChoice = ({ plugin, dbg }) => {
    const traceparent = this.#isTracing() ? traceparentOf(dbg) : undefined
    const counted = this.#counted(plugin)
    return traceparent === undefined ? counted : traced(counted, traceparent, this.#place)
  }

  #counted(plugin: string): Spawner {
    return async (request) => {
      const started = await spawnWithNode(request)
      this.#add(plugin, 1)
      void started.exited.then(() => this.#add(plugin, -1))
      return started
    }
  }

  #add(plugin: string, difference: number): void {
    this.running.set(plugin, (this.running.get(plugin) ?? 0) + difference)
  }
}
