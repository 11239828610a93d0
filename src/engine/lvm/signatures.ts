/** What a block device carries, so that nothing is made over it. */
import { closeSync, constants, existsSync, openSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { errnoOf } from '../storage-error.ts'
import { runTool } from '../tool.ts'
import { readVolumeGroups } from './report.ts'

/** A path that is no block device. */
export class NotABlockDeviceError extends Error {
  override readonly name = 'NotABlockDeviceError'
}

/**
 * The real path of a block device.
 * @throws NotABlockDeviceError
 */
export function blockDevice(path: string): string {
  const stats = path.startsWith('/') ? statSync(path, { throwIfNoEntry: false }) : undefined
  if (stats === undefined) throw new NotABlockDeviceError(`${path} does not exist`)
  if (!stats.isBlockDevice()) throw new NotABlockDeviceError(`${path} is not a block device`)
  return realpathSync(path)
}

/**
 * What is on a block device, in words for people; undefined where nothing is known to be. A physical volume that belongs
 * to no volume group holds nothing.
 */
export function contentOfDevice(device: string): string | undefined {
  return partitionsOf(device) ?? userOf(device) ?? volumeGroupOn(device) ?? signaturesOn(device)
}

const SYSFS = '/sys/class/block'

function partitionsOf(device: string): string | undefined {
  const directory = join(SYSFS, basename(device))
  if (!existsSync(directory)) return undefined
  const partitions = readdirSync(directory).filter((name) => existsSync(join(directory, name, 'partition')))
  return partitions.length === 0 ? undefined : `it has the partitions ${partitions.join(', ')}`
}

/** Who uses it: a device on top of it, a mounted file system, swap. */
function userOf(device: string): string | undefined {
  const holders = join(SYSFS, basename(device), 'holders')
  const [holder] = existsSync(holders) ? readdirSync(holders) : []
  if (holder !== undefined) {
    const name = join(SYSFS, holder, 'dm', 'name')
    return `${existsSync(name) ? readFileSync(name, 'utf8').trim() : holder} uses it`
  }
  try {
    closeSync(openSync(device, constants.O_RDONLY | constants.O_EXCL))
    return undefined
  } catch (error) {
    if (errnoOf(error) === 'EBUSY') return 'it is in use: mounted, or part of something else'
    throw error
  }
}

function volumeGroupOn(device: string): string | undefined {
  const [group] = readVolumeGroups([device])
  return group === undefined ? undefined : `it is a physical volume of the volume group ${group.name}`
}

interface Signature {
  readonly type: string
  readonly offset: string
}

/** That of a physical volume without a group is the only one which does not count. */
function signaturesOn(device: string): string | undefined {
  const report = runTool('wipefs', ['--no-act', '--json', device])
  const signatures = report.trim() === '' ? [] : (JSON.parse(report) as { signatures: Signature[] }).signatures
  const found = signatures.filter(({ type }) => type !== 'LVM2_member')
  if (found.length === 0) return undefined
  return `it carries ${found.map(({ type, offset }) => `${type} (signature at ${offset})`).join(', ')}`
}
