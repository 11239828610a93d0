/**
 * Records of SMAPIv2 (SMAPIv2 bridge, section 6). Members are written in reverse declaration order, as the toolstack's own
 * library does.
 */
import type { Result } from '../../contract/methods.ts'
import { float } from './json-text.ts'
import { boolean, dictionary, integer, optional, record, text, texts, variant, withDefault } from './marshal.ts'

export type Volume = Result<'Volume.stat'>
export type SrStat = Result<'SR.stat'>

/** Keys of a volume's metadata (SMAPIv3 script protocol, section 12): they stand on storage, so they never change. */
export const KEYS = {
  type: 'vdi-type',
  contentId: 'content_id',
  isSnapshot: 'is_a_snapshot',
  snapshotTime: 'snapshot_time',
  snapshotOf: 'snapshot_of',
  smConfig: '_sm_config_',
  tag: 'tags',
} as const

const NEVER = '19700101T00:00:00Z'

/** `vdi_info` as a caller sends it. */
export const vdiInfo = record({
  vdi: text,
  uuid: optional(text),
  content_id: withDefault(text, ''),
  name_label: text,
  name_description: withDefault(text, ''),
  ty: withDefault(text, 'user'),
  metadata_of_pool: withDefault(text, ''),
  is_a_snapshot: withDefault(boolean, false),
  snapshot_time: withDefault(text, NEVER),
  snapshot_of: withDefault(text, ''),
  read_only: withDefault(boolean, false),
  cbt_enabled: withDefault(boolean, false),
  virtual_size: withDefault(integer, 0),
  physical_utilisation: withDefault(integer, 0),
  persistent: withDefault(boolean, true),
  sharable: withDefault(boolean, false),
  sm_config: withDefault(dictionary, {}),
  tags: withDefault(texts, []),
})

/** `operation` as a caller sends it. */
export const operation = variant('CopyV1', 'MirrorV1')

/** A volume as `vdi_info`; what is not in the record stands in its keys. */
export function vdiInfoOf(volume: Volume): object {
  const { keys } = volume
  return {
    tags: Object.keys(afterPrefix(keys, KEYS.tag)),
    sm_config: afterPrefix(keys, KEYS.smConfig),
    sharable: volume.sharable,
    persistent: true,
    physical_utilisation: volume.physical_utilisation,
    virtual_size: volume.virtual_size,
    cbt_enabled: volume.cbt_enabled ?? false,
    read_only: !volume.read_write,
    snapshot_of: keys[KEYS.snapshotOf] ?? '',
    snapshot_time: keys[KEYS.snapshotTime] ?? NEVER,
    is_a_snapshot: keys[KEYS.isSnapshot] === 'true',
    metadata_of_pool: '',
    ty: keys[KEYS.type] ?? '',
    name_description: volume.description,
    name_label: volume.name,
    content_id: keys[KEYS.contentId] ?? '',
    uuid: volume.uuid,
    vdi: volume.key,
  }
}

/** SR.stat as `sr_info`. */
export function srInfoOf({ health, clustered, free_space, total_space, description, name, uuid }: SrStat): object {
  const [state] = health
  return {
    health: state,
    clustered,
    free_space,
    total_space,
    name_description: description,
    name_label: name,
    sr_uuid: uuid,
  }
}

/** The ways to reach a disk as `backend`. */
export function backendOf({ implementations }: Result<'Datapath.attach'>): object {
  return { implementations: implementations.map(implementationOf) }
}

/** The state of a long operation as `status`. */
export function statusOf({ progress, complete, failed }: Result<'Data.stat'>): object {
  return { progress: progress === undefined ? undefined : float(progress), complete, failed }
}

type Implementation = Result<'Datapath.attach'>['implementations'][number]

function implementationOf(implementation: Implementation): readonly [string, object] {
  const [tag, payload] = implementation
  if (tag === 'Nbd') return [tag, { uri: payload.uri }]
  if (tag !== 'XenDisk') return [tag, { path: payload.path }]
  const { backend_type, extra, params } = payload
  return [tag, { backend_type, extra, params }]
}

/** The keys that start with a prefix, without it. */
function afterPrefix(keys: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  const members = Object.entries(keys).filter(([key]) => key.startsWith(prefix))
  return Object.fromEntries(members.map(([key, value]) => [key.slice(prefix.length), value]))
}
