import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished } from 'vitest'
import { createImageArguments, type ImageFormat } from '../../../src/engine/image-format.ts'
import { loopDevices } from '../../../src/engine/loop.ts'
import { mountsBelow } from '../../../src/engine/qsd/block-device.ts'
import type { Daemon } from '../../../src/engine/qsd/daemon.ts'
import { stop } from '../../../src/engine/qsd/daemon.ts'
import { withDaemonLock } from '../../../src/engine/qsd/daemon-lock.ts'
import type { DiskDescription } from '../../../src/engine/qsd/description.ts'
import { type Disk, diskOf } from '../../../src/engine/qsd/disk.ts'
import type { DiskAddress } from '../../../src/engine/qsd/exports.ts'
import { RUN_DIRECTORY_VARIABLE } from '../../../src/engine/run-directory.ts'
import { scratch } from '../../support/scratch.ts'

export const MIB = 1 << 20

/** A run directory of the test's own; in the end nothing of it may be left: no process, mount, loop device or file. */
export function ownRunDirectory(): string {
  const directory = join(scratch(), 'r')
  process.env[RUN_DIRECTORY_VARIABLE] = directory
  onTestFinished(() => {
    expect(processesNaming(directory), 'processes left').toEqual([])
    expect(mountsBelow(directory), 'mounts left').toEqual([])
    expect(
      loopDevices().filter(({ backingFile }) => backingFile.startsWith(directory)),
      'loop devices left',
    ).toEqual([])
    const remains = join(directory, 'qsd')
    expect(existsSync(remains) ? readdirSync(remains) : [], 'files left').toEqual([])
  })
  return directory
}

/** A new image of zeroes in a directory of the test's own. */
export function image(format: ImageFormat, size = 16 * MIB): string {
  const path = join(scratch(), `image.${format}`)
  execFileSync('qemu-img', [...createImageArguments(path, format, size)])
  return path
}

/** A disk of an image, whose daemon is stopped when the test is over, however it ends. */
export function disk(path: string, group = 'file'): Disk {
  const made = diskOf(group, path)
  onTestFinished(() => stopDaemon(made.daemon))
  return made
}

export function stopDaemon(daemon: Daemon): Promise<void> {
  return withDaemonLock(daemon, () => stop(daemon))
}

export function description(path: string, format: ImageFormat, more: Partial<DiskDescription> = {}): DiskDescription {
  return {
    protocol: { driver: 'file', filename: path },
    format,
    readOnly: false,
    cache: 'writeback',
    discard: 'unmap',
    detectZeroes: 'off',
    ...more,
  }
}

export function nbdUri(address: DiskAddress): string {
  return `nbd+unix:///${address.nbd?.exportName}?socket=${address.nbd?.socket}`
}

/** Runs commands of qemu-io; fails with what it printed. */
export async function io(
  target: string,
  commands: readonly string[],
  options: readonly string[] = [],
): Promise<string> {
  const parts = commands.flatMap((command) => ['-c', command])
  const { stdout } = await promisify(execFile)('qemu-io', [...options, '-f', 'raw', ...parts, target])
  if (/verification failed|error/i.test(stdout)) throw new Error(stdout)
  return stdout
}

/** Runs commands of qemu-io on the image itself, which nobody has open. */
export async function ioOnImage(path: string, format: string, command: string): Promise<void> {
  const { stdout } = await promisify(execFile)('qemu-io', ['-r', '-f', format, '-c', command, path])
  if (/verification failed|error/i.test(stdout)) throw new Error(stdout)
}

function processesNaming(text: string): string[] {
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('qemu-storage-daemon') && line.includes(text))
}
