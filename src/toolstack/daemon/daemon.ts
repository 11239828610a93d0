/** The daemon: plugins served to a toolstack (SMAPIv2 bridge, sections 12.4 and 12.5). */
import { asSmapiv3Error } from '../../contract/errors.ts'
import { Host } from '../../host/host.ts'
import { loadSettings, withoutSlowDeadlines } from '../../host/settings.ts'
import type { Snapshot } from '../../registry/snapshot.ts'
import { Listener } from '../listen/listener.ts'
import type { Log } from '../log.ts'
import { DaemonMetrics } from '../metrics/daemon-metrics.ts'
import { Registrations } from '../rrd/registrations.ts'
import { Dispatcher } from '../smapiv2/dispatcher.ts'
import { writeAnswer } from '../smapiv2/envelope.ts'
import { internalError } from '../smapiv2/errors.ts'
import { OBSERVER_QUEUE, Observers } from '../smapiv2/observer.ts'
import { StateFile } from '../state/state-file.ts'
import { SwitchClient } from '../switch/client.ts'
import { type QueueRequest, type QueueServer, serveQueue } from '../switch/server.ts'
import { Journal } from './journal.ts'
import { type DaemonOptions, MAX_PARALLEL, STOP_TIMEOUT } from './options.ts'
import { Scripts } from './scripts.ts'
import { Service } from './service.ts'
import { VolumeQueues } from './volume-queues.ts'

/** Seconds that datapath plugins may take to answer before the queues are opened without them. */
const REGISTRATION = 10
/** The name by which the toolstack's services know the daemon, whatever it is called here. */
const NAME = 'xapi-storage-script'

/** How the daemon is, for whoever supervises it. */
export interface Health {
  readonly status: 'starting' | 'serving' | 'stopping'
  readonly plugins: Readonly<Record<string, string>>
  /** Queue → whether it is connected; nothing without a switch. */
  readonly queues: Readonly<Record<string, string>>
  readonly srs: number
}

export class Daemon {
  readonly host: Host
  readonly #options: DaemonOptions
  readonly #log: Log
  readonly #observers = new Observers()
  readonly #scripts: Scripts
  readonly #stateFile: StateFile | undefined
  readonly #client: SwitchClient | undefined
  readonly #journal: Journal
  readonly #service: Service
  readonly #metrics: DaemonMetrics
  readonly #queues: VolumeQueues
  #observer: QueueServer | undefined
  #listener: Listener | undefined
  #status: Health['status'] = 'starting'
  #snapshot: Snapshot | undefined
  #onSnapshot: () => void = () => {}

  /** @throws Smapiv3Error BAD_CONFIGURATION where the operator's settings cannot be used */
  constructor(options: DaemonOptions, log: Log) {
    this.#options = options
    this.#log = log
    this.#scripts = new Scripts(() => this.#observers.tracing, options.tracing)
    const { roots, stateDirectory, stateFile: path, switchPath } = options
    const onWarning = (message: string) => log('warn', {}, message)
    const settings = withoutSlowDeadlines(loadSettings())
    this.host = new Host({ roots, stateDirectory, settings, onWarning, spawnerFor: this.#scripts.spawnerFor })
    this.#stateFile = path === undefined ? undefined : new StateFile({ path, stateDirectory, host: this.host, log })
    this.#client =
      switchPath === undefined
        ? undefined
        : new SwitchClient({ socketPath: switchPath, token: `${NAME}:${process.pid}` })
    this.#journal = new Journal(stateDirectory, log)
    this.#service = new Service({
      dispatcher: new Dispatcher({ host: this.host, log, listener: this.#srListener() }),
      journal: this.#journal,
      metrics: () => this.#metrics,
      stateFile: this.#stateFile,
      log,
    })
    const drain = options.stopTimeout ?? STOP_TIMEOUT
    this.#queues = new VolumeQueues({ open: (queue) => this.#openPluginQueue(queue), drain, log })
    this.#metrics = this.#measured()
  }

  get health(): Health {
    const plugins = (this.#snapshot?.plugins ?? []).map(({ kind, name, status }) => [`${kind} ${name}`, status])
    const queues = [...this.#servers()].map(([name, { state }]) => [name, state])
    const srs = this.host.srs.attached().length
    return { status: this.#status, plugins: Object.fromEntries(plugins), queues: Object.fromEntries(queues), srs }
  }

  /**
   * Takes over the state, waits for the datapath plugins, and serves.
   * @throws Smapiv3Error where the socket to listen on cannot be made
   */
  async start(): Promise<void> {
    if (this.#options.switchPath !== undefined) {
      this.#observer = this.#open(OBSERVER_QUEUE, ({ payload }) => this.#observers.handle(payload))
    }
    await this.#stateFile?.load()
    this.host.registry.watch({
      onSnapshot: (snapshot) => this.#changed(snapshot),
      onWarning: (message) => this.#log('warn', {}, message),
    })
    this.#changed(this.host.registry.snapshot())
    await this.#registered()
    if (this.#options.listenPath !== undefined) {
      this.#listener = await Listener.open(this.#options.listenPath, {
        host: this.host,
        answer: (plugin, request) => this.#service.answer(plugin, request),
        maxParallel: this.#options.maxParallel ?? MAX_PARALLEL,
        metrics: () => this.#metrics.render(),
        health: () => this.health,
        log: this.#log,
      })
    }
    this.#status = 'serving'
    this.#apply()
    this.#log('info', { ...this.#options }, 'the daemon serves')
  }

  /** Reads the roots again at once; plugins that failed are asked again. */
  async rescan(): Promise<void> {
    this.#changed(await this.host.registry.queryAll())
  }

  /**
   * Takes no further request and leaves what runs to end within the limit; what does not end then is killed with this
   * process, and its request stays with the switch.
   */
  async stop(): Promise<void> {
    this.#status = 'stopping'
    const drain = this.#options.stopTimeout ?? STOP_TIMEOUT
    await Promise.all([this.#queues.close(drain), this.#observer?.close({ drain }), this.#listener?.close(drain)])
    await this.#client?.close()
    await this.#stateFile?.close()
    this.#metrics.close()
    this.host.close()
  }

  #changed(snapshot: Snapshot): void {
    for (const { path, reason } of snapshot.plugins.flatMap((entry) => (entry.status === 'rejected' ? [entry] : []))) {
      const known = this.#snapshot?.plugins.find((entry) => entry.path === path)
      if (known?.status !== 'rejected' || known.reason.message !== reason.message)
        this.#log('warn', { path, code: reason.code, recovery: reason.recovery }, reason.message)
    }
    const ready = snapshot.plugins.filter(({ status }) => status === 'ready').length
    this.#log('info', { ready, plugins: snapshot.plugins.length }, 'plugins changed')
    this.#snapshot = snapshot
    this.#onSnapshot()
    this.#apply()
  }

  #apply(): void {
    if (this.#status === 'serving' && this.#options.switchPath !== undefined && this.#snapshot !== undefined)
      this.#queues.apply(this.#snapshot)
  }

  /** Settled when every datapath plugin has answered, or has had its time. */
  async #registered(): Promise<void> {
    const pending = () =>
      (this.#snapshot?.plugins ?? []).filter(({ kind, status }) => kind === 'datapath' && status === 'pending')
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, REGISTRATION * 1000)
      this.#onSnapshot = () => {
        if (pending().length > 0) return
        clearTimeout(timer)
        resolve()
      }
      this.#onSnapshot()
    })
    this.#onSnapshot = () => {}
    for (const { name } of pending()) this.#log('warn', { datapath: name }, 'serving before this datapath has answered')
  }

  #openPluginQueue(queue: string): QueueServer {
    let connects = 0
    return this.#open(
      queue,
      (message) => this.#service.answerMessage(queue, message),
      () => {
        connects += 1
        if (connects > 1) this.#journal.forgetFormer(queue)
      },
    )
  }

  #open(queue: string, handler: (message: QueueRequest) => Promise<string>, onConnected = () => {}): QueueServer {
    return serveQueue({
      socketPath: this.#options.switchPath ?? '',
      token: String(process.pid),
      queue,
      handler,
      internalError: (message) => writeAnswer({ error: internalError(message) }),
      log: this.#log,
      concurrency: this.#options.maxParallel ?? MAX_PARALLEL,
      onConnected: () => {
        this.#metrics.connected(queue)
        onConnected()
      },
    })
  }

  #srListener() {
    const client = this.#client
    const call = (...request: Parameters<SwitchClient['call']>) =>
      client?.call(...request) ?? Promise.reject(new Error('there is no switch'))
    const registrations =
      client === undefined
        ? undefined
        : new Registrations({ call, log: this.#log, timeout: this.#options.metricsTimeout })
    return {
      attached: async (sr: Parameters<Registrations['register']>[0]) => {
        registrations?.register(sr)
        await this.#stateFile?.save()
      },
      detached: async (sr: Parameters<Registrations['register']>[0]) => {
        registrations?.deregister(sr)
        await this.#stateFile?.save()
      },
    }
  }

  #servers(): Map<string, QueueServer> {
    return new Map([...(this.#observer ? [[OBSERVER_QUEUE, this.#observer] as const] : []), ...this.#queues.servers])
  }

  #measured(): DaemonMetrics {
    const ofServers = (read: (server: QueueServer) => number) => () =>
      new Map([...this.#servers()].map(([name, server]) => [name, read(server)]))
    return new DaemonMetrics({
      waiting: ofServers(({ waiting }) => waiting),
      serving: ofServers(({ state }) => Number(state === 'serving')),
      running: () => this.#service.running,
      scripts: () => this.#scripts.running,
      attachedSrs: () => {
        try {
          return this.host.srs.attached().length
        } catch (error) {
          this.#log('warn', { error: asSmapiv3Error(error).message }, 'the attached SRs cannot be counted')
          return Number.NaN
        }
      },
    })
  }
}
