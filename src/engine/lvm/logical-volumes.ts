/** Commands that make and change logical volumes: with device-mapper and without, linear and thin. */
import { type Devices, runLvm } from './command.ts'
import { hasDeviceMapper } from './device-mapper.ts'
import type { ExtentRange } from './report.ts'
import { addTags } from './tags.ts'

/** The name of a thin pool of ours. */
export const THIN_POOL = 'smapiv3-pool'

/** What a new logical volume is to be. */
export interface NewVolume {
  readonly vg: string
  readonly name: string
  readonly tags: readonly string[]
}

/** Where a linear volume is to be, in the extents there and nowhere else. */
export interface Placement {
  readonly ranges?: readonly ExtentRange[]
}

/**
 * Arguments that make a linear volume of a size in bytes. It holds what was on its extents before: nobody may see it
 * until it has been zeroed.
 *
 * Without device-mapper it has to be one range of one physical volume, for nothing puts several together.
 */
export function linearArguments(volume: NewVolume, bytes: number, { ranges = [] }: Placement = {}): readonly string[] {
  return [
    'lvcreate',
    ...['--name', volume.name],
    ...['--size', `${bytes}b`],
    ...['--type', 'linear'],
    // LVM zeroes no more than the beginning, and only through a device.
    ...['--zero', 'n', '--wipesignatures', 'n'],
    ...(hasDeviceMapper() ? ['--activate', 'y'] : ['--activate', 'n', '--alloc', 'contiguous']),
    ...addTags(volume.tags),
    volume.vg,
    ...ranges.map(rangeArgument),
  ]
}

/** Arguments that make a thin volume, which reads as zeroes. */
export function thinArguments(volume: NewVolume, bytes: number): readonly string[] {
  return [
    'lvcreate',
    ...['--name', volume.name],
    ...['--type', 'thin', '--virtualsize', `${bytes}b`],
    ...['--thinpool', THIN_POOL],
    ...['--wipesignatures', 'n'],
    ...['--activate', 'y'],
    ...addTags(volume.tags),
    volume.vg,
  ]
}

/**
 * Arguments that make a thin volume which shares all blocks with another one at this moment; device-mapper holds the
 * writes to it back for that long.
 */
export function thinSnapshotArguments(volume: NewVolume, source: string): readonly string[] {
  return [
    'lvcreate',
    '--snapshot',
    ...['--name', volume.name],
    // Snapshots are otherwise not activated together with other volumes.
    ...['--setactivationskip', 'n'],
    ...['--permission', 'rw'],
    ...['--activate', 'y'],
    ...addTags(volume.tags),
    `${volume.vg}/${source}`,
  ]
}

/**
 * Arguments that make the thin pool of a volume group, of nearly all of it: the rest is for the pool's metadata to grow
 * and to be repaired. The pool zeroes each block before its first use.
 */
export function thinPoolArguments(vg: string): readonly string[] {
  return [
    'lvcreate',
    ...['--name', THIN_POOL],
    ...['--type', 'thin-pool', '--extents', '95%FREE'],
    ...['--zero', 'y', '--discards', 'passdown'],
    vg,
  ]
}

/** Changes tags and other properties of a logical volume, all at once. */
export function changeLogicalVolume(
  devices: Devices,
  vg: string,
  name: string,
  changes: readonly string[],
  inherited?: number,
): void {
  if (changes.length > 0) runLvm(devices, ['lvchange', ...changes, `${vg}/${name}`], inherited)
}

/** Makes a logical volume larger by the ranges given. */
export function extendLinear(
  devices: Devices,
  vg: string,
  name: string,
  ranges: readonly ExtentRange[],
  inherited?: number,
): void {
  const extents = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  const args = ['lvextend', '--extents', `+${extents}`, `${vg}/${name}`, ...ranges.map(rangeArgument)]
  runLvm(devices, args, inherited)
}

/** Makes a thin volume larger; what is new reads as zeroes. */
export function extendThin(devices: Devices, vg: string, name: string, bytes: number, inherited?: number): void {
  runLvm(devices, ['lvextend', '--size', `${bytes}b`, `${vg}/${name}`], inherited)
}

/**
 * Removes a logical volume.
 * @throws LvmError where its device is open
 */
export function removeLogicalVolume(devices: Devices, vg: string, name: string, inherited?: number): void {
  // --force answers whether an activated volume is to be removed; one that is open is not, all the same.
  runLvm(devices, ['lvremove', '--force', `${vg}/${name}`], inherited)
}

/** Makes devices of logical volumes, or takes them away where nobody has them open; without device-mapper nothing. */
export function activateLogicalVolumes(
  devices: Devices,
  vg: string,
  names: readonly string[],
  activate: boolean,
  inherited?: number,
): void {
  if (!hasDeviceMapper() || names.length === 0) return
  const args = ['lvchange', '--activate', activate ? 'y' : 'n', '--ignoreactivationskip']
  runLvm(devices, [...args, ...names.map((name) => `${vg}/${name}`)], inherited)
}

function rangeArgument({ device, first, last }: ExtentRange): string {
  return `${device}:${first}-${last}`
}
