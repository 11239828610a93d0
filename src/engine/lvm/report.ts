/**
 * What there is to know about volume groups and what is in them, whatever their number: read from their devices where that
 * tells everything, see stored.ts, and otherwise reported by one command of LVM's.
 */
import { int64FromText } from '../../contract/json.ts'
import { type Devices, runLvm, saysAbsent } from './command.ts'
import type { ExtentRange, LogicalVolume, Segment, VolumeGroup } from './group.ts'
import { storedGroup } from './stored.ts'

export type { ExtentRange, LogicalVolume, PhysicalVolume, Segment, VolumeGroup } from './group.ts'

type Row = Readonly<Record<string, string>>

const FORMAT = ['--reportformat', 'json', '--units', 'b', '--nosuffix']

/** The volume groups on some devices. */
export function readVolumeGroups(devices: Devices): readonly VolumeGroup[] {
  return parseGroups(runLvm(devices, ['fullreport', ...FORMAT]))
}

/** A volume group; undefined where it is not on the devices. */
export function findVolumeGroup(devices: Devices, name: string): VolumeGroup | undefined {
  const stored = storedGroup(devices, name)
  const [logicalVolumes, space] = [stored?.logicalVolumes(''), stored?.space()]
  if (stored !== undefined && logicalVolumes !== undefined && space !== undefined) {
    const { uuid, tags, extentSize, physicalVolumes } = stored
    return { name, uuid, tags, ...space, extentSize, missing: 0, exported: false, physicalVolumes, logicalVolumes }
  }
  try {
    return parseGroups(runLvm(devices, ['fullreport', ...FORMAT, name]))[0]
  } catch (error) {
    if (saysAbsent(error)) return undefined
    throw error
  }
}

/** What stands on the head of a volume group. */
export type VolumeGroupHead = Pick<VolumeGroup, 'name' | 'uuid' | 'tags' | 'size' | 'free' | 'missing'>

/** A volume group without what is in it, which does not take longer where that is much; undefined where it is gone. */
export function findVolumeGroupHead(devices: Devices, name: string): VolumeGroupHead | undefined {
  const stored = storedGroup(devices, name)
  const space = stored?.space()
  if (stored !== undefined && space !== undefined) {
    return { name, uuid: stored.uuid, tags: stored.tags, ...space, missing: 0 }
  }
  const columns = 'vg_name,vg_uuid,vg_tags,vg_size,vg_free,vg_missing_pv_count'
  try {
    const [row] = rowsOf(runLvm(devices, ['vgs', ...FORMAT, '--options', columns, name]), 'vg')
    return row === undefined ? undefined : headOf(row)
  } catch (error) {
    if (saysAbsent(error)) return undefined
    throw error
  }
}

/** What a volume group is, without its space. */
export type VolumeGroupLabel = Omit<VolumeGroupHead, 'size' | 'free'>

/** What a volume group is, whose space is not asked for; undefined where it is gone. */
export function findVolumeGroupLabel(devices: Devices, name: string): VolumeGroupLabel | undefined {
  const stored = storedGroup(devices, name)
  return stored === undefined
    ? findVolumeGroupHead(devices, name)
    : { name, uuid: stored.uuid, tags: stored.tags, missing: 0 }
}

/** Logical volumes, and what their volume group says with them. */
export interface Selection {
  readonly vgUuid: string
  readonly vgTags: readonly string[]
  readonly extentSize: number
  readonly logicalVolumes: readonly LogicalVolume[]
}

/** The logical volumes whose names begin with a text; undefined where there are none, or no such volume group. */
export function findLogicalVolumes(devices: Devices, group: string, prefix: string): Selection | undefined {
  const stored = storedGroup(devices, group)
  const logicalVolumes = stored?.logicalVolumes(prefix)
  if (stored !== undefined && logicalVolumes !== undefined) {
    const { uuid, tags, extentSize } = stored
    if (logicalVolumes.length === 0) return undefined
    return { vgUuid: uuid, vgTags: tags, extentSize, logicalVolumes }
  }
  return reportLogicalVolumes(devices, group, prefix)
}

/** The same by a command of LVM's. */
export function reportLogicalVolumes(devices: Devices, group: string, prefix: string): Selection | undefined {
  const columns =
    'vg_uuid,vg_tags,vg_extent_size,lv_uuid,lv_name,lv_tags,lv_size,lv_permissions,data_percent,segtype,seg_start,seg_pe_ranges'
  const select = `lv_name=~"^${prefix}"`
  let rows: readonly Row[]
  try {
    rows = rowsOf(runLvm(devices, ['lvs', ...FORMAT, '--options', columns, '--select', select, group]), 'lv')
  } catch (error) {
    if (saysAbsent(error)) return undefined
    throw error
  }
  const [first] = rows
  if (first === undefined) return undefined
  const byUuid = new Map(rows.map((row) => [row.lv_uuid, row]))
  return {
    vgUuid: first.vg_uuid ?? '',
    vgTags: listOf(first.vg_tags),
    extentSize: numberOf(first.vg_extent_size),
    logicalVolumes: logicalVolumesOf([...byUuid.values()], rows),
  }
}

function parseGroups(text: string): readonly VolumeGroup[] {
  return reportsOf(text).flatMap((report): VolumeGroup[] => {
    const [group] = report.vg ?? []
    // Physical volumes without a group are reported as one without a name.
    if (group === undefined || !group.vg_name) return []
    return [
      {
        ...headOf(group),
        extentSize: numberOf(group.vg_extent_size),
        exported: group.vg_exported !== '',
        physicalVolumes: (report.pv ?? []).map(({ pv_name = '', pe_start }) => ({
          path: pv_name,
          start: numberOf(pe_start),
        })),
        logicalVolumes: logicalVolumesOf(report.lv ?? [], report.seg ?? []),
      },
    ]
  })
}

function headOf(row: Row): VolumeGroupHead {
  return {
    name: row.vg_name ?? '',
    uuid: row.vg_uuid ?? '',
    tags: listOf(row.vg_tags),
    size: int64FromText(row.vg_size ?? '') ?? 0,
    free: int64FromText(row.vg_free ?? '') ?? 0,
    missing: numberOf(row.vg_missing_pv_count),
  }
}

function logicalVolumesOf(rows: readonly Row[], segmentRows: readonly Row[]): readonly LogicalVolume[] {
  const segments = new Map<string | undefined, Segment[]>()
  for (const row of segmentRows) {
    segments.set(row.lv_uuid, [...(segments.get(row.lv_uuid) ?? []), segmentOf(row)])
  }
  return rows.map((row) => ({
    name: row.lv_name ?? '',
    tags: listOf(row.lv_tags),
    size: numberOf(row.lv_size),
    readOnly: row.lv_permissions?.startsWith('read-only') === true,
    ...(row.data_percent ? { dataPercent: Number(row.data_percent) } : {}),
    segments: (segments.get(row.lv_uuid) ?? []).sort((left, right) => left.start - right.start),
  }))
}

function segmentOf(row: Row): Segment {
  const ranges = (row.seg_pe_ranges ?? '').split(' ').flatMap((text): ExtentRange[] => {
    const [, device, first, last] = /^(.+):(\d+)-(\d+)$/.exec(text) ?? []
    return device === undefined ? [] : [{ device, first: Number(first), last: Number(last) }]
  })
  return { start: numberOf(row.seg_start), type: row.segtype ?? '', ranges }
}

function reportsOf(text: string): readonly Readonly<Record<string, readonly Row[]>>[] {
  return (JSON.parse(text) as { report: Readonly<Record<string, readonly Row[]>>[] }).report
}

function rowsOf(text: string, kind: string): readonly Row[] {
  return reportsOf(text).flatMap((report) => report[kind] ?? [])
}

function listOf(text = ''): readonly string[] {
  return text === '' ? [] : text.split(',')
}

/** Sizes of one volume fit a double, see MAX_SIZE of the plugin; those of a group need not. */
function numberOf(text = ''): number {
  return Number(text)
}
