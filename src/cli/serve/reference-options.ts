/** The options of xapi-storage-script (SMAPIv2 bridge, section 12.1), with some of our own: one table. */

/** What a value must be. */
export type Kind = 'text' | 'boolean' | 'number'

export interface ReferenceOption {
  readonly kind: Kind
  readonly default: string
  readonly meaning: string
}

const UNUSED = 'Accepted for compatibility, without effect'

export const REFERENCE_OPTIONS = {
  root: option('text', '/var/lib/xapi/storage-scripts', 'Directory with volume and datapath'),
  state: option('text', '/var/run/nonpersistent/xapi-storage-script/state.db', 'File of attached SRs'),
  'self-test-only': option(
    'boolean',
    'false',
    'Test the plugin org.xen.xapi.storage.dummyv5 and end with status 0 or 2',
  ),
  concurrent: option('boolean', 'true', 'False answers one request of a plugin at a time'),
  'use-switch': option('boolean', 'true', UNUSED),
  'switch-path': option('text', '/var/run/message-switch/sock', 'Socket of message-switch'),
  'search-path': option('text', '', 'Directories, separated by colons, in which relative paths are looked up first'),
  pidfile: option('text', '/var/run/xapi-storage-script.pid', UNUSED),
  log: option('text', 'syslog:daemon', UNUSED),
  'disable-logging-for': option('text', '', UNUSED),
  loglevel: option('text', 'debug', UNUSED),
  inventory: option('text', '/etc/xensource-inventory', UNUSED),
  config: option('text', '/etc/xapi-storage-script.conf', 'File of settings, which override the command line'),
  'config-dir': option(
    'text',
    '/etc/xapi-storage-script.conf.d',
    'Further files of settings, read in the order of names',
  ),
  timeslice: option('number', '0.05', UNUSED),
  'state-dir': option('text', '', 'Directory of records, trace and journal (beside the state file)'),
  listen: option('text', '', 'Socket to make, for JSON-RPC 2.0 and for GET /metrics and /healthz'),
  'max-parallel': option('number', '128', 'Requests of one plugin answered at a time'),
  'stop-timeout': option('number', '30', 'Seconds that scripts may take to end after SIGTERM'),
} as const satisfies Record<string, ReferenceOption>

export type ReferenceName = keyof typeof REFERENCE_OPTIONS
export type ReferenceValues = Readonly<Record<ReferenceName, string>>

export const REFERENCE_NAMES = Object.keys(REFERENCE_OPTIONS) as readonly ReferenceName[]

/** The value of every option that nobody has set. */
export const DEFAULT_VALUES: ReferenceValues = Object.fromEntries(
  REFERENCE_NAMES.map((name) => [name, REFERENCE_OPTIONS[name].default]),
) as Record<ReferenceName, string>

/** What is wrong with a value, or undefined. */
export function objectionTo(name: ReferenceName, value: string): string | undefined {
  const { kind } = REFERENCE_OPTIONS[name]
  if (kind === 'boolean' && value !== 'true' && value !== 'false')
    return `${name} must be true or false, not '${value}'`
  if (kind === 'number' && !/^\d+(\.\d*)?$/.test(value)) return `${name} must be a number, not '${value}'`
  return undefined
}

function option(kind: Kind, value: string, meaning: string): ReferenceOption {
  return { kind, default: value, meaning }
}
