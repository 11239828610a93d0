/** Volume groups as their devices tell of them, without a command of LVM's. What is out of the ordinary is left to LVM. */
import { type Int64, int64 } from '../../contract/json.ts'
import { errnoOf } from '../storage-error.ts'
import type { Devices } from './command.ts'
import { ConfigTextError, parseSection, parseSections, type Section, type Value } from './config-text.ts'
import type { ExtentRange, LogicalVolume, PhysicalVolume, Segment } from './group.ts'
import { readMetadataText } from './metadata-area.ts'

/** A volume group whose devices are all there. */
export interface StoredGroup {
  readonly name: string
  readonly uuid: string
  readonly tags: readonly string[]
  /** Bytes of a physical extent. */
  readonly extentSize: number
  readonly physicalVolumes: readonly PhysicalVolume[]
  /**
   * The logical volumes whose names begin with a text; undefined where one of them is hidden, or more than linear or
   * striped: of others the kernel has to be asked.
   */
  logicalVolumes(prefix: string): readonly LogicalVolume[] | undefined
  /** Bytes; undefined as above. */
  space(): { readonly size: Int64; readonly free: Int64 } | undefined
}

const SECTOR = 512

/** The only segments that tell everything by themselves. */
const STRIPED = 'striped'

/** Where the logical volumes begin: the text has no other indentation on devices. */
const LOGICAL_VOLUMES = '\nlogical_volumes {'

/** A volume group; undefined where LVM has to be asked. */
export function storedGroup(devices: Devices, name: string): StoredGroup | undefined {
  if (devices === 'all') return undefined
  try {
    const stored = readMetadataText(devices)
    return stored === undefined ? undefined : groupIn(stored.text, name, stored.devices)
  } catch (error) {
    if (error instanceof ConfigTextError || errnoOf(error) !== undefined) return undefined
    throw error
  }
}

function groupIn(bytes: Buffer, name: string, devices: ReadonlyMap<string, string>): StoredGroup | undefined {
  const begin = `${name} {\n`
  if (bytes.toString('latin1', 0, begin.length) !== begin) return undefined
  const volumesAt = bytes.indexOf(LOGICAL_VOLUMES)
  const head = parseSection(bytes.toString('latin1', begin.length, volumesAt === -1 ? bytes.length : volumesAt))
  const extentSize = numberIn(head, 'extent_size') * SECTOR
  const paths = new Map<string, string>()
  const physicalVolumes: PhysicalVolume[] = []
  let extents = 0
  for (const [id, volume] of sectionIn(head, 'physical_volumes')) {
    if (!(volume instanceof Map)) return undefined
    const path = devices.get(textIn(volume, 'id'))
    const status = listIn(volume, 'status')
    if (path === undefined || status.length !== 1 || status[0] !== 'ALLOCATABLE') return undefined
    paths.set(id, path)
    physicalVolumes.push({ path, start: numberIn(volume, 'pe_start') * SECTOR })
    extents += numberIn(volume, 'pe_count')
  }
  if (listIn(head, 'status').includes('EXPORTED') || paths.size !== devices.size) return undefined

  const known = new Map<string, readonly LogicalVolume[] | undefined>()
  function logicalVolumes(prefix: string): readonly LogicalVolume[] | undefined {
    if (!known.has(prefix)) known.set(prefix, volumesNamed(prefix))
    return known.get(prefix)
  }

  function volumesNamed(prefix: string): readonly LogicalVolume[] | undefined {
    const found: LogicalVolume[] = []
    for (const [volume, section] of volumesAt === -1 ? [] : sectionsNamed(bytes, volumesAt, prefix)) {
      const plain = logicalVolumeOf(volume, section, extentSize, paths)
      if (plain === undefined) return undefined
      found.push(plain)
    }
    return found
  }

  return {
    name,
    uuid: textIn(head, 'id'),
    tags: tagsIn(head),
    extentSize,
    physicalVolumes,
    logicalVolumes,
    space() {
      const used = logicalVolumes('')?.reduce((sum, { size }) => sum + BigInt(size), 0n)
      if (used === undefined) return undefined
      const size = BigInt(extents) * BigInt(extentSize)
      return { size: int64(size), free: int64(size - used) }
    },
  }
}

/** The sections of all logical volumes, or the few whose names begin with a text, which are looked for in the text. */
function* sectionsNamed(bytes: Buffer, at: number, prefix: string): Iterable<readonly [string, Section]> {
  if (prefix === '') return yield* parseSections(bytes.toString('latin1', at), LOGICAL_VOLUMES.length)
  for (let next = bytes.indexOf(`\n${prefix}`, at); next !== -1; next = bytes.indexOf(`\n${prefix}`, next + 1)) {
    const end = bytes.indexOf('\n', next + 1)
    const [, name] = /^(\S+) \{$/.exec(bytes.toString('latin1', next + 1, end)) ?? []
    if (name !== undefined) yield [name, parseSection(bytes.toString('latin1', end, sectionEnd(bytes, end)))]
  }
}

/** Where the section of a logical volume ends at the latest: where the next one begins. */
function sectionEnd(bytes: Buffer, at: number): number {
  const end = bytes.indexOf('\n}\n}\n', at)
  return end === -1 ? bytes.length : end + 5
}

/** Undefined for one that is hidden, or of which the kernel has to be asked. */
function logicalVolumeOf(
  name: string,
  section: Section,
  extentSize: number,
  paths: ReadonlyMap<string, string>,
): LogicalVolume | undefined {
  const status = listIn(section, 'status')
  if (!status.includes('VISIBLE')) return undefined
  const segments: Segment[] = []
  let extents = 0
  for (let index = 1; index <= numberIn(section, 'segment_count'); index++) {
    const segment = sectionIn(section, `segment${index}`)
    const count = numberIn(segment, 'extent_count')
    const stripes = numberIn(segment, 'stripe_count')
    if (textIn(segment, 'type') !== STRIPED) return undefined
    const ranges = rangesOf(listIn(segment, 'stripes'), count / stripes, paths)
    if (ranges === undefined || ranges.length !== stripes) return undefined
    const start = numberIn(segment, 'start_extent') * extentSize
    segments.push({ start, type: stripes === 1 ? 'linear' : STRIPED, ranges })
    extents += count
  }
  return {
    name,
    tags: tagsIn(section),
    size: extents * extentSize,
    readOnly: !status.includes('WRITE'),
    segments: segments.sort((left, right) => left.start - right.start),
  }
}

/** Names of physical volumes and their extents, in turn. */
function rangesOf(
  stripes: readonly (number | string)[],
  length: number,
  paths: ReadonlyMap<string, string>,
): readonly ExtentRange[] | undefined {
  const ranges: ExtentRange[] = []
  for (let index = 0; index < stripes.length; index += 2) {
    const device = paths.get(String(stripes[index]))
    const first = Number(stripes[index + 1])
    if (device === undefined || !Number.isInteger(first)) return undefined
    ranges.push({ device, first, last: first + length - 1 })
  }
  return ranges
}

/** In the order of LVM's reports. */
function tagsIn(section: Section): readonly string[] {
  return section.has('tags') ? listIn(section, 'tags').map(String).sort() : []
}

function numberIn(section: Section, name: string): number {
  const value = section.get(name)
  if (typeof value === 'number') return value
  throw missing(name, value)
}

function textIn(section: Section, name: string): string {
  const value = section.get(name)
  if (typeof value === 'string') return value
  throw missing(name, value)
}

function sectionIn(section: Section, name: string): Section {
  const value = section.get(name)
  if (value instanceof Map) return value
  throw missing(name, value)
}

function listIn(section: Section, name: string): readonly (number | string)[] {
  const value = section.get(name)
  if (Array.isArray(value)) return value
  throw missing(name, value)
}

function missing(name: string, value: Value | undefined): ConfigTextError {
  return new ConfigTextError(`${name} is ${value === undefined ? 'missing' : 'of another kind'}`)
}
