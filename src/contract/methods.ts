/**
 * The one table of methods: what differs from method to method is a column here, not a branch elsewhere.
 * Params and results are in schemas/, one file per method.
 */
import type { Methods } from './generated/types.ts'

export type { Methods } from './generated/types.ts'

/** A method of SMAPIv3, such as `Volume.stat`. */
export type MethodName = keyof Methods
export type Params<M extends MethodName> = Methods[M]['params']
export type Result<M extends MethodName> = Methods[M]['result']

/** The two kinds of plugin: one manages SRs and volumes, the other connects a URI to a domain. */
export type PluginKind = 'volume' | 'datapath'

/** The six classes of the interface. */
export type ClassName = 'Plugin' | 'SR' | 'Volume' | 'Datapath' | 'Data' | 'Task'

export interface MethodRow {
  /** Which plugins have the method. */
  readonly kinds: readonly PluginKind[]
  /** The feature a plugin with this script has (section 10 of the script protocol); null where none stands for it. */
  readonly feature: string | null
  /** Whether a repeated call must succeed with the same effect. */
  readonly idempotent: boolean
  /** Default deadline in seconds. Generous: the toolstack relies on slow operations being allowed. */
  readonly deadline: number
  /** Whether it may overlap with other calls on the same volume: `exclusive` with none, `shared` with other shared ones. */
  readonly overlap: 'exclusive' | 'shared'
}

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const BOTH = ['volume', 'datapath'] as const
const VOLUME = ['volume'] as const
const DATAPATH = ['datapath'] as const

export const METHODS: Readonly<Record<MethodName, MethodRow>> = {
  'Plugin.query': row(BOTH, null, true, MINUTE, 'shared'),
  'Plugin.diagnostics': row(BOTH, null, true, 5 * MINUTE, 'shared'),
  'Plugin.ls': row(BOTH, null, true, MINUTE, 'shared'),

  'SR.probe': row(VOLUME, 'SR_PROBE', true, 10 * MINUTE, 'shared'),
  'SR.create': row(VOLUME, 'SR_CREATE', false, HOUR, 'exclusive'),
  'SR.attach': row(VOLUME, 'SR_ATTACH', true, 10 * MINUTE, 'exclusive'),
  'SR.detach': row(VOLUME, 'SR_DETACH', true, 10 * MINUTE, 'exclusive'),
  'SR.destroy': row(VOLUME, 'SR_DELETE', false, HOUR, 'exclusive'),
  'SR.stat': row(VOLUME, 'SR_UPDATE', true, 5 * MINUTE, 'shared'),
  'SR.set_name': row(VOLUME, null, true, 5 * MINUTE, 'exclusive'),
  'SR.set_description': row(VOLUME, null, true, 5 * MINUTE, 'exclusive'),
  'SR.ls': row(VOLUME, 'SR_SCAN', true, 10 * MINUTE, 'shared'),

  'Volume.create': row(VOLUME, 'VDI_CREATE', false, HOUR, 'exclusive'),
  'Volume.snapshot': row(VOLUME, 'VDI_SNAPSHOT', false, HOUR, 'exclusive'),
  'Volume.clone': row(VOLUME, 'VDI_CLONE', false, HOUR, 'exclusive'),
  'Volume.copy': row(VOLUME, 'VDI_COPY', false, DAY, 'shared'),
  'Volume.destroy': row(VOLUME, 'VDI_DELETE', true, HOUR, 'exclusive'),
  'Volume.revert': row(VOLUME, 'VDI_REVERT', true, HOUR, 'exclusive'),
  'Volume.set_name': row(VOLUME, null, true, 5 * MINUTE, 'exclusive'),
  'Volume.set_description': row(VOLUME, null, true, 5 * MINUTE, 'exclusive'),
  'Volume.set': row(VOLUME, null, true, 5 * MINUTE, 'exclusive'),
  'Volume.unset': row(VOLUME, null, true, 5 * MINUTE, 'exclusive'),
  'Volume.resize': row(VOLUME, 'VDI_RESIZE', true, HOUR, 'exclusive'),
  'Volume.stat': row(VOLUME, 'VDI_UPDATE', true, 5 * MINUTE, 'shared'),
  'Volume.compare': row(VOLUME, null, true, DAY, 'shared'),
  'Volume.similar_content': row(VOLUME, null, true, HOUR, 'shared'),
  'Volume.enable_cbt': row(VOLUME, 'VDI_CONFIG_CBT', true, 10 * MINUTE, 'exclusive'),
  'Volume.disable_cbt': row(VOLUME, 'VDI_CONFIG_CBT', true, 10 * MINUTE, 'exclusive'),
  'Volume.data_destroy': row(VOLUME, 'VDI_CONFIG_CBT', true, HOUR, 'exclusive'),
  'Volume.list_changed_blocks': row(VOLUME, 'VDI_CONFIG_CBT', true, HOUR, 'shared'),
  'Volume.compose': row(VOLUME, 'VDI_COMPOSE', false, HOUR, 'exclusive'),

  'Datapath.open': row(DATAPATH, 'NONPERSISTENT', true, 5 * MINUTE, 'exclusive'),
  'Datapath.attach': row(DATAPATH, null, true, 10 * MINUTE, 'exclusive'),
  'Datapath.activate': row(DATAPATH, null, true, 5 * MINUTE, 'exclusive'),
  'Datapath.activate_readonly': row(DATAPATH, null, true, 5 * MINUTE, 'exclusive'),
  'Datapath.import_activate': row(DATAPATH, 'VDI_MIRROR_IN', true, 5 * MINUTE, 'exclusive'),
  'Datapath.deactivate': row(DATAPATH, null, true, 5 * MINUTE, 'exclusive'),
  'Datapath.detach': row(DATAPATH, null, true, 10 * MINUTE, 'exclusive'),
  'Datapath.close': row(DATAPATH, 'NONPERSISTENT', true, 10 * MINUTE, 'exclusive'),

  'Data.copy': row(DATAPATH, null, false, 10 * MINUTE, 'exclusive'),
  'Data.mirror': row(DATAPATH, 'VDI_MIRROR', false, 10 * MINUTE, 'exclusive'),
  'Data.stat': row(DATAPATH, null, true, 5 * MINUTE, 'shared'),
  'Data.cancel': row(DATAPATH, null, true, 10 * MINUTE, 'shared'),
  'Data.destroy': row(DATAPATH, null, true, 10 * MINUTE, 'shared'),
  'Data.ls': row(DATAPATH, null, true, 5 * MINUTE, 'shared'),

  'Task.stat': row(VOLUME, null, true, 5 * MINUTE, 'shared'),
  'Task.cancel': row(VOLUME, null, true, 10 * MINUTE, 'shared'),
  'Task.destroy': row(VOLUME, null, true, 10 * MINUTE, 'shared'),
  'Task.ls': row(VOLUME, null, true, 5 * MINUTE, 'shared'),
}

/** Every method, in the order of the interface. */
export const METHOD_NAMES = Object.keys(METHODS) as readonly MethodName[]

/** Whether a text names a method of the interface, in its exact spelling. */
export function isMethodName(text: string): text is MethodName {
  return Object.hasOwn(METHODS, text)
}

/** The class of a method: what stands before the dot. */
export function classOf(method: MethodName): ClassName {
  return method.slice(0, method.indexOf('.')) as ClassName
}

function row(
  kinds: readonly PluginKind[],
  feature: string | null,
  idempotent: boolean,
  deadline: number,
  overlap: MethodRow['overlap'],
): MethodRow {
  return { kinds, feature, idempotent, deadline, overlap }
}
