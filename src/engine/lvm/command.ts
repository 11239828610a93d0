/**
 * Runs commands of LVM. Each sees nothing but the devices named and none of the host's configuration: with one of its
 * own, in a directory of the run directory. So the other volume groups of the host are never touched, and an
 * administrator can repeat a command with LVM_SYSTEM_DIR set to that directory.
 *
 * LVM's own locks stay where they are on every host, so that our commands and an administrator's exclude each other.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errors } from '../../kit/index.ts'
import { replaceRunFile } from '../atomic-file.ts'
import { fileNameFor, runDirectory } from '../run-directory.ts'
import { runTool, ToolError } from '../tool.ts'
import { hasDeviceMapper } from './device-mapper.ts'

/** The block devices that commands may see, by their real paths; `all` of the host's for a search. */
export type Devices = readonly string[] | 'all'

/** A command of LVM that failed, with what it said. */
export class LvmError extends Error {
  override readonly name = 'LvmError'
  /** What the command printed, without warnings. */
  readonly reason: string

  constructor(command: string, reason: string) {
    super(`${command}: ${reason}`)
    this.reason = reason
  }
}

/** What LVM says where there are not enough free extents, or the area for metadata is full. */
const NO_SPACE =
  /insufficient (suitable )?(contiguous )?(allocatable )?(free space|extents)|PE range error|too large for circular buffer|exceeds maximum metadata size/i

/** Whether the messages of a failed command say that a volume group or logical volume is not there. */
export function saysAbsent(error: unknown): boolean {
  return error instanceof LvmError && /not found|failed to find/i.test(error.reason)
}

/** Whether they say that somebody has the device of a logical volume open. */
export function saysInUse(error: unknown): boolean {
  return error instanceof LvmError && /\bin use\b|is used by another device/i.test(error.reason)
}

/**
 * Runs a command and returns what it printed on stdout. No command ever gets `--yes`: what LVM would ask about fails.
 * @param args the command and its arguments
 * @param inherited descriptor of a lock, see runTool
 * @throws PluginError SR_BACKEND_FAILURE_44, MissingDependency
 * @throws LvmError
 */
export function runLvm(devices: Devices, args: readonly string[], inherited?: number): string {
  const environment = { LVM_SYSTEM_DIR: systemDirectory(devices), LVM_SUPPRESS_FD_WARNINGS: '1' }
  try {
    return runTool('lvm', args, inherited, environment)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    const reason = essence(error.stderr)
    if (NO_SPACE.test(reason)) throw errors.noSpace(reason)
    throw new LvmError(args[0] ?? '', reason === '' ? error.message : reason)
  }
}

/** The directory with the configuration for some devices. */
function systemDirectory(devices: Devices): string {
  const directory = runDirectory('lvm', fileNameFor(devices === 'all' ? devices : devices.join('\n')))
  const file = join(directory, 'lvm.conf')
  const text = configuration(devices)
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    replaceRunFile(file, (temporary) => writeFileSync(temporary, text, { mode: 0o600 }))
  }
  return directory
}

/** The text of lvm.conf(5) for some devices. */
export function configuration(devices: Devices): string {
  const activation = hasDeviceMapper() ? 1 : 0
  // Where no udev runs, LVM makes the device nodes itself; where it runs, LVM waits until they are there.
  const udev = activation === 1 && existsSync('/run/udev/control') ? 1 : 0
  return `${[
    `devices/use_devicesfile=0`,
    `devices/obtain_device_list_from_udev=0`,
    ...(devices === 'all' ? [] : [`devices/global_filter=[${[...devices.map(accept), '"r|.*|"'].join(',')}]`]),
    `global/activation=${activation}`,
    `global/event_activation=0`,
    `global/use_lvmpolld=0`,
    `activation/udev_sync=${udev}`,
    `activation/udev_rules=${udev}`,
    // The storage itself keeps the older versions of its metadata, and copies here would grow with each change.
    `backup/backup=0`,
    `backup/archive=0`,
    ...Object.entries(REPORT).map(([name, columns]) => `report/${name}="${columns}"`),
  ].join('\n')}\n`
}

/** The columns of `lvm fullreport`, see report.ts. */
const REPORT = {
  vgs_cols_full: 'vg_name,vg_uuid,vg_tags,vg_size,vg_free,vg_extent_size,vg_missing_pv_count,vg_exported',
  pvs_cols_full: 'pv_name,pe_start',
  lvs_cols_full: 'lv_uuid,lv_name,lv_tags,lv_size,lv_permissions,data_percent,pool_lv',
  segs_cols_full: 'lv_uuid,segtype,seg_start,seg_pe_ranges',
  pvsegs_cols_full: 'pv_uuid',
}

/** A pattern of a filter that fits one path and no other. */
function accept(path: string): string {
  return `"a|^${path.replaceAll(/[^\w/-]/g, '[$&]')}$|"`
}

function essence(stderr: string): string {
  return stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('WARNING: Activation disabled'))
    .join('; ')
}
