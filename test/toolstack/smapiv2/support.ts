/** A host with doubles for plugins, and a dispatcher before it. */
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Host } from '../../../src/host/host.ts'
import type { Settings } from '../../../src/host/settings.ts'
import { Dispatcher, type DispatcherOptions } from '../../../src/toolstack/smapiv2/dispatcher.ts'
import { scratch } from '../../support/scratch.ts'
import { queryResult } from '../../support/scripted-plugin.ts'
import { Doubles } from './doubles.ts'

export const QUEUE = 'org.xen.xapi.storage.demo'
export const SR = '11111111-1111-1111-1111-111111111111'
export const HANDLE = 'demo://vg0'

const SETTINGS: Settings = {
  deadlines: {},
  environment: { pass: [], set: {} },
  output_limit: undefined,
  trace_limit: 0,
}

/** Every script that the examples run. */
export const VOLUME_SCRIPTS = [
  'Plugin.query',
  'Plugin.diagnostics',
  ...['attach', 'create', 'destroy', 'detach', 'ls', 'probe', 'set_description', 'set_name', 'stat'].map(
    (m) => `SR.${m}`,
  ),
  ...['clone', 'compose', 'create', 'data_destroy', 'destroy', 'disable_cbt', 'enable_cbt'].map((m) => `Volume.${m}`),
  ...['list_changed_blocks', 'resize', 'revert', 'set', 'set_description', 'set_name'].map((m) => `Volume.${m}`),
  ...['snapshot', 'stat', 'unset'].map((m) => `Volume.${m}`),
]

export const DATAPATH_SCRIPTS = [
  'Plugin.query',
  ...['activate', 'activate_readonly', 'attach', 'close', 'deactivate', 'detach'].map((m) => `Datapath.${m}`),
  ...['import_activate', 'open'].map((m) => `Datapath.${m}`),
  'Data.mirror',
  'Data.stat',
]

export interface LogLine {
  readonly level: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

export interface Bench {
  readonly doubles: Doubles
  readonly log: LogLine[]
  readonly warnings: string[]
  readonly pauses: number[]
  readonly host: Host
  readonly dispatcher: Dispatcher
  /** Another host and dispatcher on the same state, as a restarted daemon would have. */
  restart(): Bench
  /** Sends a request of named parameters and returns the parsed envelope. */
  call(method: string, params?: object, queue?: string): Promise<Envelope>
}

export interface Envelope {
  readonly result: unknown
  readonly error: unknown
  readonly id: unknown
}

/** A dispatcher in front of the plugins of some doubles. */
export function bench(
  options: Partial<DispatcherOptions> = {},
  base = scratch(),
  doubles = new Doubles(base),
  settings: Partial<Settings> = {},
): Bench {
  const log: LogLine[] = []
  const warnings: string[] = []
  const pauses: number[] = []
  const host = new Host({
    roots: [doubles.root],
    stateDirectory: join(base, 'state'),
    settings: { ...SETTINGS, ...settings },
    onWarning: (message) => warnings.push(message),
  })
  onTestFinished(() => host.close())
  const dispatcher = new Dispatcher({
    host,
    log: (level, fields, message) => log.push({ level, fields, message }),
    pause: async (seconds) => {
      pauses.push(seconds)
    },
    ...options,
  })
  return {
    doubles,
    log,
    warnings,
    pauses,
    host,
    dispatcher,
    restart: () => bench(options, base, doubles, settings),
    call: async (method, params = {}, queue = QUEUE) => {
      const payload = JSON.stringify({ method, params: [{ dbg: 'D', ...params }], id: 17 })
      return JSON.parse(await dispatcher.handle(queue, payload)) as Envelope
    },
  }
}

/** A volume record as a script prints it. */
export function volume(key: string, members: object = {}) {
  return {
    key,
    uuid: `uuid of ${key}`,
    name: key,
    description: '',
    read_write: true,
    sharable: false,
    virtual_size: 1024,
    physical_utilisation: 10,
    uri: [`demo:///${key}`],
    keys: {},
    ...members,
  }
}

export function srStat(members: object = {}) {
  return {
    sr: HANDLE,
    name: 'demo SR',
    description: '',
    free_space: 1,
    total_space: 2,
    datasources: [],
    clustered: false,
    health: ['Healthy', ''],
    ...members,
  }
}

/** A demo SR, attached, with the scripts run so far forgotten. */
export async function attachedBench({
  version = '5.0',
  datapath = [],
  settings = {},
  ...options
}: Partial<DispatcherOptions> & {
  version?: string
  datapath?: readonly string[]
  settings?: Partial<Settings>
} = {}): Promise<Bench> {
  const base = scratch()
  const ready = bench(options, base, new Doubles(base), settings)
  const { doubles } = ready
  doubles.plugin('volume', QUEUE, queryResult('demo', ['VDI_CREATE'], version), VOLUME_SCRIPTS)
  doubles.plugin('datapath', 'demo', queryResult('demo', datapath), DATAPATH_SCRIPTS)
  doubles.answer(QUEUE, 'SR.attach', HANDLE)
  doubles.answer(QUEUE, 'SR.stat', srStat())
  doubles.answer(QUEUE, 'SR.ls', [volume('vol-1')])
  for (const key of ['vol-1', 'vol-2', 'vol-5']) doubles.answer(QUEUE, 'Volume.stat', volume(key), key)
  doubles.answer(QUEUE, 'Volume.create', volume('vol-2'))
  doubles.answer(QUEUE, 'Volume.snapshot', volume('vol-3', { read_write: false }))
  doubles.answer(QUEUE, 'Volume.clone', volume('vol-5'))
  doubles.answer('demo', 'Datapath.attach', {
    implementations: [['Nbd', { uri: 'nbd:unix:/run/a.sock:exportname=a' }]],
  })
  await ready.host.plugins()
  const { error } = await ready.call('SR.attach', { sr: SR, device_config: { uri: 'demo:///x' } })
  if (error !== null) throw new Error(`the SR was not attached: ${JSON.stringify(error)}`)
  doubles.take()
  ready.log.length = 0
  return ready
}

/** The scripts that were run, as `plugin script` without the plugin where it is the demo volume plugin. */
export function names(bench: Bench): string[] {
  return bench.doubles.take().map(({ script }) => script)
}
