/**
 * Loop devices: a file as a block device of the kernel (loop(4)). Needs root.
 *
 * Which devices are ours the kernel itself remembers: each is set up with a size limit that is larger than any file and
 * so limits nothing, {@link OWNER_MARK}. A device that somebody else made for the same file is never touched, and ours
 * are found again when all records of them are lost.
 */
import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { LOOP_SETUP } from './loop-setup.ts'
import { errnoOf } from './storage-error.ts'
import { runTool, runToolWithin, ToolError, ToolTimeoutError } from './tool.ts'

/** Size limit in bytes of every loop device of ours: 0x1f and the letters SMAPI3, nearly 8 PiB. */
const OWNER_MARK = 0x1f_53_4d_41_50_49_33

/** Attempts to get a free device: another process can take the one that losetup found. */
const ATTEMPTS = 10

/** Milliseconds for a file to be mounted on, and the device to be made: longer than a daemon has to do it. */
const MOUNT_PATIENCE = 120_000

const SYSFS = '/sys/block'
const DELETED = ' (deleted)'

/** How a device is to serve its file. */
export interface LoopOptions {
  /** Byte in the file at which the device begins; 0 unless given. */
  readonly offset?: number
  readonly readOnly: boolean
  /** Whether the device bypasses the page cache (O_DIRECT); it does not where the file system cannot. */
  readonly direct: boolean
}

/** How many requests the server of a file system may be given at once. */
export type Requests = 'any' | 'one'

/** A loop device of ours, as the kernel reports it. */
export interface LoopDevice extends Required<LoopOptions> {
  /** Such as /dev/loop0. */
  readonly device: string
  /** Real path of the file, followed by " (deleted)" where that name was removed or given to another file since. */
  readonly backingFile: string
}

/**
 * Makes a loop device for a file. The result says whether direct I/O is possible.
 * @param requests `one` for a file of FUSE whose server confuses several; without direct I/O, the kernel sends one at a
 *   time in any case
 * @throws ToolError, PluginError (MissingDependency)
 */
export function attachLoop(file: string, options: LoopOptions, requests: Requests = 'any'): LoopDevice {
  const path = realpathSync.native(file)
  return attachLoopTo(path, options, requests, options.direct ? setUpDirect(path, options, requests) : undefined)
}

/**
 * Makes a loop device, with direct I/O where that is possible, for a file that is about to be mounted on: what does it starts
 * meanwhile.
 * @param mount mounts on the file; rejected where that cannot be done, and the file is removed
 * @param log a file for what the tool prints
 * @throws what `mount` is rejected with, ToolTimeoutError, ToolError, PluginError (MissingDependency)
 */
export async function attachLoopToMount(
  file: string,
  options: Omit<LoopOptions, 'direct'>,
  requests: Requests,
  mount: () => Promise<unknown>,
  log: string,
): Promise<LoopDevice> {
  const path = realpathSync.native(file)
  // As it is before: it may be mounted on by the time that the tool starts.
  const args = [...directArguments(path, options, requests), String(statSync(path).dev), String(process.pid)]
  const setUpMeanwhile = async (): Promise<string | undefined> => {
    try {
      return await runToolWithin('perl', args, MOUNT_PATIENCE, { log })
    } catch (error) {
      // The other way would wait as well, and no more can be made of it where nobody waits.
      if (error instanceof ToolTimeoutError)
        throw new ToolTimeoutError(['making a loop device of', path], MOUNT_PATIENCE)
      return undefined
    }
  }
  const [, made] = await Promise.all([mount(), setUpMeanwhile()])
  return attachLoopTo(path, { ...options, direct: true }, requests, made)
}

/** @param made the device that serves the file already, if any */
function attachLoopTo(path: string, options: LoopOptions, requests: Requests, made: string | undefined): LoopDevice {
  const device = made ?? setUp(path, requests === 'one' ? { ...options, direct: false } : options)
  const loop = loopAt(device)
  if (loop === undefined) throw new Error(`${device} was to serve ${path}, but it does not`)
  return loop
}

/** Undefined where that is not possible, for whatever reason: losetup comes next, and says what is wrong. */
function setUpDirect(path: string, options: LoopOptions, requests: Requests): string | undefined {
  try {
    return runTool('perl', directArguments(path, options, requests))
  } catch {
    return undefined
  }
}

function directArguments(
  path: string,
  { offset = 0, readOnly }: Omit<LoopOptions, 'direct'>,
  requests: Requests,
): readonly string[] {
  const flags = [readOnly, requests === 'one'].map((flag) => (flag ? '1' : '0'))
  return ['-e', LOOP_SETUP, path, String(offset), String(OWNER_MARK), ...flags]
}

function setUp(path: string, { offset = 0, readOnly, direct }: LoopOptions): string {
  const device = runLosetup([
    '--find',
    '--show',
    ...['--sizelimit', String(OWNER_MARK)],
    ...['--offset', String(offset)],
    ...(readOnly ? ['--read-only'] : []),
    ...['--', path],
  ])
  if (direct) bypassPageCache(device)
  return device
}

/** Runs losetup, again where another process took the free device that it found. */
function runLosetup(args: readonly string[]): string {
  for (let attempt = 1; ; attempt++) {
    try {
      return runTool('losetup', args).trim()
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof ToolError) || !/busy|unavailable/.test(error.stderr)) throw error
    }
  }
}

/** Whether a device serves the file that has this real path now. */
export function servesFile(loop: LoopDevice, realPath: string): boolean {
  return loop.backingFile === realPath
}

/** Whether a device serves a file that had this real path when it was attached. */
export function servedFile({ backingFile }: Pick<LoopDevice, 'backingFile'>, realPath: string): boolean {
  return backingFile === realPath || backingFile === realPath + DELETED
}

/** Whether this process can make loop devices: it is root, and the kernel and the container have them. */
export function canUseLoops(): boolean {
  try {
    accessSync('/dev/loop-control', constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Our loop device of a name, such as /dev/loop0; undefined where it is free or somebody else's. */
export function loopAt(device: string): LoopDevice | undefined {
  return readLoop(basename(device))
}

/**
 * Our loop devices that serve, or served until it was removed, a file of this real path; all of ours without one. In the
 * order of their numbers. No process is started, and of the devices over other files, of which a host can have hundreds,
 * only one attribute is read.
 */
export function loopDevices(realPath?: string): readonly LoopDevice[] {
  const isWanted = (backingFile: string) => realPath === undefined || servedFile({ backingFile }, realPath)
  return readdirSync(SYSFS)
    .filter((name) => name.startsWith('loop'))
    .sort((left, right) => Number(left.slice(4)) - Number(right.slice(4)))
    .flatMap((name) => readLoop(name, isWanted) ?? [])
}

/**
 * Frees a loop device. It is no error where it is free already. The kernel frees a device that somebody has open when
 * it is closed.
 * @throws ToolError
 */
export function detachLoop(device: string): void {
  if (loopAt(device) === undefined) return
  try {
    runTool('losetup', ['--detach', device])
  } catch (error) {
    if (loopAt(device) !== undefined) throw error
  }
}

/** Of the fields of `stat` in sysfs, how many reads, writes, discards and flushes are done; the others tell the time too. */
const DONE = [0, 4, 11, 15]

/** How many requests a loop device has answered, in a form to compare; empty where it is gone. */
export function answeredRequests(device: string): string {
  try {
    const fields = readFileSync(join(SYSFS, basename(device), 'stat'), 'utf8')
      .trim()
      .split(/\s+/)
    return DONE.map((index) => fields[index]).join()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ''
    throw error
  }
}

/** Bytes that a loop device shows. */
export function loopCapacity(device: string): number {
  return Number(readFileSync(join(SYSFS, basename(device), 'size'), 'utf8')) * 512
}

/**
 * Makes a loop device as large as its file has become: the kernel does not notice that by itself.
 * @throws ToolError
 */
export function refreshLoopCapacity(device: string): void {
  runTool('losetup', ['--set-capacity', device])
}

function bypassPageCache(device: string): void {
  try {
    // Not an option of the set-up: losetup would fail and leave the device behind.
    runTool('losetup', ['--direct-io=on', device])
  } catch (error) {
    // The file system or the alignment does not allow it; the result says so.
    if (!(error instanceof ToolError)) throw error
  }
}

function readLoop(name: string, isWanted: (backingFile: string) => boolean = () => true): LoopDevice | undefined {
  const attributes = join(SYSFS, name, 'loop')
  // Asked first: of the hundreds of devices that a host can have, most are free.
  if (!existsSync(attributes)) return undefined
  try {
    const backingFile = attribute(attributes, 'backing_file')
    if (!isWanted(backingFile) || Number(attribute(attributes, 'sizelimit')) !== OWNER_MARK) return undefined
    // It was detached, and goes when whoever looks at it, such as LVM at all devices, closes it.
    if (attribute(attributes, 'autoclear') === '1') return undefined
    return {
      device: `/dev/${name}`,
      backingFile,
      offset: Number(attribute(attributes, 'offset')),
      readOnly: attribute(join(SYSFS, name), 'ro') === '1',
      direct: attribute(attributes, 'dio') === '1',
    }
  } catch (error) {
    // The directory exists only while the device has a file, and can go away between two reads.
    if (['ENOENT', 'ENXIO', 'ENODEV'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

function attribute(directory: string, name: string): string {
  return readFileSync(join(directory, name), 'utf8').replace(/\n$/, '')
}
