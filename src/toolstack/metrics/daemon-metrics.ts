/** What the daemon measures of itself. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, type Metric } from './metrics.ts'

/** Seconds: a plugin in C answers in a millisecond, a copy takes hours. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600]
const NANOSECONDS = 1e9
/** Milliseconds between two looks at the event loop; what it measures contains them. */
const RESOLUTION = 20
const QUANTILES = [0.5, 0.99]

/** How many, by plugin. */
type ByPlugin = () => ReadonlyMap<string, number>

export interface Sources {
  readonly waiting: ByPlugin
  readonly running: ByPlugin
  readonly scripts: ByPlugin
  readonly attachedSrs: () => number
  /** By queue: whether it is served at this moment. */
  readonly serving: ByPlugin
}

export class DaemonMetrics {
  readonly #calls = new Counter({
    name: 'smapiv3_calls_total',
    help: 'Calls answered, by their outcome: ok or the tag of the error.',
    labels: ['plugin', 'method', 'outcome'],
  })
  readonly #durations = new Histogram(
    {
      name: 'smapiv3_call_duration_seconds',
      help: 'From the start of a call to its answer, with the scripts it runs.',
      labels: ['plugin', 'method'],
    },
    DURATIONS,
  )
  readonly #connects = new Counter({
    name: 'smapiv3_switch_connects_total',
    help: 'Times that a queue has been connected to message-switch: more than one is a reconnect.',
    labels: ['queue'],
  })
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION })
  readonly #all: readonly Metric[]

  constructor({ waiting, running, scripts, attachedSrs, serving }: Sources) {
    this.#delay.enable()
    this.#all = [
      this.#calls,
      this.#durations,
      this.#connects,
      perPlugin('smapiv3_requests_waiting', 'Requests that wait because of the cap on parallelism.', waiting),
      perPlugin('smapiv3_requests_running', 'Requests that are being answered.', running),
      perPlugin('smapiv3_scripts_running', 'Processes of plugins that the daemon waits for.', scripts),
      perPlugin('smapiv3_queue_serving', 'Whether the queue is connected to message-switch.', serving),
      new Gauge({ name: 'smapiv3_srs_attached', help: 'SRs that are attached on this host.' }, () => [
        [[], attachedSrs()],
      ]),
      new Gauge(
        {
          name: 'smapiv3_event_loop_delay_seconds',
          help: 'How late the daemon is with what it has to do, since the last look.',
          labels: ['quantile'],
        },
        () => QUANTILES.map((quantile) => [[String(quantile)], this.#delayAt(quantile)]),
      ),
      new Gauge({ name: 'process_resident_memory_bytes', help: 'Resident memory size in bytes.' }, () => [
        [[], process.memoryUsage.rss()],
      ]),
    ]
  }

  /** @param duration seconds */
  called(plugin: string, method: string, outcome: string, duration: number): void {
    this.#calls.add([plugin, method, outcome])
    this.#durations.observe([plugin, method], duration)
  }

  connected(queue: string): void {
    this.#connects.add([queue])
  }

  render(): string {
    const text = this.#all.map((metric) => metric.render()).join('')
    this.#delay.reset()
    return text
  }

  #delayAt(quantile: number): number {
    if (this.#delay.count === 0) return 0
    return Math.max(0, this.#delay.percentile(quantile * 100) / NANOSECONDS - RESOLUTION / 1000)
  }

  close(): void {
    this.#delay.disable()
  }
}

function perPlugin(name: string, help: string, read: ByPlugin): Gauge {
  return new Gauge({ name, help, labels: ['plugin'] }, () => [...read()].map(([plugin, value]) => [[plugin], value]))
}
