/**
 * A disk as a block device of the kernel, where the kernel has no client of its own for it: the daemon shows the disk
 * as a file (a FUSE export), and a loop device makes a block device of the file. Needs root.
 *
 * Order matters: the loop device goes first. A FUSE export lets itself be deleted under a live loop device, whose I/O
 * then fails.
 *
 * A FUSE export must never have two writes at once. Whatever it waits for while it writes, it takes the next request
 * meanwhile, into the buffer that the data of the first are still in (QEMU 7.2 and later; its change "fuse: Copy write
 * buffer content before polling" mends it): what a guest with a queue of writes wrote was mixed up. No other request is
 * long enough to reach the data, but for one that changes attributes, which therefore nobody may send.
 */
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import {
  attachLoop,
  attachLoopToMount,
  type LoopDevice,
  loopAt,
  loopDevices,
  type Requests,
  refreshLoopCapacity,
  servedFile,
} from '../loop.ts'
import { runTool, runToolWithin, ToolError, ToolTimeoutError } from '../tool.ts'
import { waitUntil } from './daemon-process.ts'

/** Milliseconds for a loop device to be freed. */
const PATIENCE = 5_000

/** Milliseconds for the kernel to show a new size. */
const SIZE_PATIENCE = 10_000

/** Makes the file that a FUSE export is mounted on. */
export function createMountpoint(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
}

/**
 * Makes a loop device over a file, while it is mounted on. Requests bypass the page cache of the file.
 * @param mount mounts on the file, which is removed where that fails
 * @param log a file for what the tool prints
 */
export async function makeLoop(
  file: string,
  readOnly: boolean,
  mount: () => Promise<unknown>,
  log: string,
): Promise<LoopDevice> {
  const mountOrRemove = async (): Promise<void> => {
    try {
      await mount()
    } catch (error) {
      rmSync(file, { force: true })
      throw error
    }
  }
  return await attachLoopToMount(file, { readOnly }, requestsOf(readOnly), mountOrRemove, log)
}

function requestsOf(readOnly: boolean): Requests {
  return readOnly ? 'any' : 'one'
}

/**
 * The loop device over a mounted file, made where there is none.
 * @param known see loopsOver
 */
export function loopOver(file: string, readOnly: boolean, known?: string): LoopDevice {
  return loopsOver(file, known)[0] ?? attachLoop(file, { readOnly, direct: true }, requestsOf(readOnly))
}

/**
 * The loop devices over a mounted file.
 * @param known the one that was made; as long as it serves the file it is the only one, and no other is looked at: a host
 *   can have hundreds
 */
export function loopsOver(file: string, known?: string): readonly LoopDevice[] {
  const loop = known === undefined ? undefined : loopAt(known)
  return loop !== undefined && servedFile(loop, file) ? [loop] : loopDevices(file)
}

/**
 * Makes the loop devices over a file as large as its disk has become.
 * @param size bytes
 */
export async function refreshLoopsOver(file: string, size: number): Promise<void> {
  try {
    // The kernel keeps the attributes of a FUSE file for a second, unless it is asked for those of now.
    runTool('stat', ['--cached=never', '--', file])
  } catch (error) {
    // An older one does not know the option.
    if (!(error instanceof ToolError)) throw error
  }
  const isShown = await waitUntil(() => statSync(file).size === size, SIZE_PATIENCE)
  if (!isShown) throw new Error(`${file} does not become as large as its disk, which has ${size} bytes now`)
  for (const { device } of loopsOver(file)) refreshLoopCapacity(device)
}

/**
 * Frees the loop devices over a file, also where its daemon has died. One whose storage does not answer is freed when
 * its last request has failed.
 */
export async function detachLoopsOver(file: string): Promise<void> {
  for (const { device } of loopsOver(file)) {
    try {
      await runToolWithin('losetup', ['--detach', device], PATIENCE)
    } catch (error) {
      if (!(error instanceof ToolTimeoutError) && loopAt(device) !== undefined) throw error
    }
  }
}

/**
 * Removes what a dead daemon left of a block device: loop devices, the mount, the file.
 * @throws ToolError
 */
export async function removeRemains(file: string): Promise<void> {
  await detachLoopsOver(file)
  // Whoever still has the device open sees its requests fail, now that the daemon is dead, and closes it.
  await waitUntil(() => loopsOver(file).length === 0, PATIENCE)
  if (isMounted(file)) unmount(file)
  rmSync(file, { force: true })
}

/** Every mount point below a directory. */
export function mountsBelow(directory: string): readonly string[] {
  return mountpoints().filter((path) => path.startsWith(`${directory}/`))
}

/** Whether something is mounted on a file. */
export function isMounted(file: string): boolean {
  return mountpoints().includes(file)
}

/** Lazily: the kernel frees a loop device a moment after it was told to, and holds the mount until then. */
function unmount(file: string): void {
  try {
    runTool('umount', ['--lazy', '--', file])
  } catch (error) {
    if (isMounted(file)) throw error
  }
}

/** Field 5 of proc_pid_mountinfo(5), where blanks and backslashes are written in octal. */
function mountpoints(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .map((path) => path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
}
