/**
 * The metadata of a volume group as it is stored, read without LVM: a command of LVM's reads and checks all of it, and
 * takes longer the more volumes there are. The format is that of lvm2 since its first version (lib/format_text/layout.h):
 *
 *   label      in one of the first four sectors; says which physical volume the device is, and where its metadata areas are
 *   area       a header of 512 bytes, that says where the text is, and behind it a ring of bytes with the text
 *
 * LVM writes a new text beside the old one and then the header, in a single sector. So a text whose checksum is that of
 * the header is the text of one instant.
 */
import { crc32 } from 'node:zlib'
import { type DirectDevice, withDirectDevice } from './direct-read.ts'

const SECTOR = 512
const LABEL_SECTORS = 4

/** Sizes and places in the label, in bytes. */
const LABEL = { magic: 'LABELONE', type: 'LVM2 001', crcAt: 16, crcFrom: 20, headerAt: 20, typeAt: 24 }
const UUID_LENGTH = 32
/** In the header of a physical volume, behind uuid and size: areas of data, then those of metadata, each list ended by zeroes. */
const AREAS_AT = 40
const AREA_LENGTH = 16

/** In the header of an area of metadata. */
const AREA = { magic: ' LVM2 x[5A%r0N*>', magicAt: 4, versionAt: 20, version: 1, startAt: 24, sizeAt: 32, textAt: 40 }

/** What LVM begins its checksums with; otherwise they are those of zlib without the inversion at begin and end. */
const CRC_BEGIN = 0xf597a6cf

/** A flag of a text's location: LVM does not use this area. */
const IGNORED = 1

/** Attempts to read a text while others write new ones. */
const ATTEMPTS = 5

/** The metadata on some devices. */
export interface StoredMetadata {
  readonly text: Buffer
  /** Uuid of each physical volume, as the text writes it → path of its device. */
  readonly devices: ReadonlyMap<string, string>
}

/** Where the text is in an area. */
interface Location {
  /** Of the area, in bytes of the device. */
  readonly start: number
  readonly areaSize: number
  /** Of the text, in bytes of the area. */
  readonly offset: number
  readonly size: number
  readonly checksum: number
}

/**
 * Reads the metadata that all areas on some devices agree on.
 * @returns undefined where that is not so: for a moment, while LVM writes, or because something is wrong, about which LVM
 *   has to be asked then
 */
export function readMetadataText(paths: readonly string[]): StoredMetadata | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = readOnce(paths)
    if (stored !== undefined) return stored
  }
  return undefined
}

function readOnce(paths: readonly string[]): StoredMetadata | undefined {
  const devices = new Map<string, string>()
  let text: Buffer | undefined
  let common: Location | undefined
  for (const path of paths) {
    const isGood = withDirectDevice(path, (device) => {
      const label = readLabel(device)
      if (label === undefined) return false
      devices.set(label.uuid, path)
      for (const area of label.areas) {
        const location = readAreaHeader(device, area)
        if (location === undefined) return false
        if (location === 'ignored') continue
        if (common !== undefined && (location.checksum !== common.checksum || location.size !== common.size))
          return false
        text ??= readText(device, location)
        if (text === undefined) return false
        common = location
      }
      return true
    })
    if (!isGood) return undefined
  }
  return text === undefined ? undefined : { text, devices }
}

function readLabel(device: DirectDevice): { readonly uuid: string; readonly areas: readonly number[] } | undefined {
  const sectors = device.read(0, LABEL_SECTORS * SECTOR)
  for (let at = 0; at + SECTOR <= sectors.length; at += SECTOR) {
    const label = sectors.subarray(at, at + SECTOR)
    if (label.toString('latin1', 0, LABEL.magic.length) !== LABEL.magic) continue
    if (label.toString('latin1', LABEL.typeAt, LABEL.typeAt + LABEL.type.length) !== LABEL.type) return undefined
    if (label.readUInt32LE(LABEL.crcAt) !== checksum(label.subarray(LABEL.crcFrom))) return undefined
    const header = label.subarray(label.readUInt32LE(LABEL.headerAt))
    return { uuid: dashed(header.toString('latin1', 0, UUID_LENGTH)), areas: areasIn(header) }
  }
  return undefined
}

/** The offsets of the areas of metadata. */
function areasIn(header: Buffer): readonly number[] {
  const lists: number[][] = [[], []]
  let at = AREAS_AT
  for (const list of lists) {
    for (; header.readBigUInt64LE(at) !== 0n; at += AREA_LENGTH) list.push(Number(header.readBigUInt64LE(at)))
    at += AREA_LENGTH
  }
  return lists[1] ?? []
}

function readAreaHeader(device: DirectDevice, area: number): Location | 'ignored' | undefined {
  const header = device.read(area, SECTOR)
  if (header.length < SECTOR || header.readUInt32LE(0) !== checksum(header.subarray(4))) return undefined
  if (header.toString('latin1', AREA.magicAt, AREA.magicAt + AREA.magic.length) !== AREA.magic) return undefined
  if (header.readUInt32LE(AREA.versionAt) !== AREA.version) return undefined
  const [offset, size, sum, flags] = [
    Number(header.readBigUInt64LE(AREA.textAt)),
    Number(header.readBigUInt64LE(AREA.textAt + 8)),
    header.readUInt32LE(AREA.textAt + 16),
    header.readUInt32LE(AREA.textAt + 20),
  ]
  if ((flags & IGNORED) !== 0) return 'ignored'
  const [start, areaSize] = [Number(header.readBigUInt64LE(AREA.startAt)), Number(header.readBigUInt64LE(AREA.sizeAt))]
  const isPlausible = offset >= SECTOR && offset < areaSize && size > 0 && size <= areaSize - SECTOR
  return isPlausible ? { start, areaSize, offset, size, checksum: sum } : undefined
}

/** The text, which goes on behind the area's header where the area ends. */
function readText(device: DirectDevice, location: Location): Buffer | undefined {
  const { start, areaSize, offset, size } = location
  const first = device.read(start + offset, Math.min(size, areaSize - offset))
  const rest = size - (areaSize - offset)
  const text = rest > 0 ? Buffer.concat([first, device.read(start + SECTOR, rest)]) : first
  return text.length === size && checksum(text) === location.checksum ? text : undefined
}

function checksum(bytes: Buffer): number {
  return ~crc32(bytes, ~CRC_BEGIN >>> 0) >>> 0
}

/** As texts and reports write it: groups of 6, 4, 4, 4, 4, 4 and 6 characters. */
function dashed(uuid: string): string {
  return uuid.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7')
}
