/**
 * What a plugin runs on, as it is on this machine: lines of Plugin.diagnostics that `smapiv3 doctor` understands, of
 * whatever plugin they are.
 *
 *     engine: qemu-storage-daemon 7.2.22            there, with its version
 *     missing: smbnetfs; apt-get install smbnetfs   not there, and what to do
 *     limited: no block devices; modprobe fuse      not there, and not needed for everything
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs'
import { release } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { toolEnvironment } from './tool.ts'

/** Milliseconds for a program to tell its version. */
const PATIENCE = 5_000

/** Where QEMU keeps the drivers that are packaged apart from it, by distribution and architecture. */
const DRIVER_DIRECTORIES = [
  '/usr/lib/x86_64-linux-gnu/qemu',
  '/usr/lib/aarch64-linux-gnu/qemu',
  '/usr/lib64/qemu-kvm',
  '/usr/lib64/qemu',
  '/usr/lib/qemu',
]

/** The Debian package of these drivers. */
export const DRIVER_PACKAGE = 'qemu-block-extra'

/**
 * The daemon that most schemes run on.
 * @param purpose what it is needed for, where that is not everything
 */
export function qemuStorageDaemon(purpose?: string): string {
  return programLine({ program: 'qemu-storage-daemon', package: 'qemu-system-common', purpose })
}

/** A program that has to be installed. */
export interface Program {
  readonly program: string
  /** The Debian package that brings it. */
  readonly package: string
  /** The argument by which it tells its version; null where it cannot, and the package has to. */
  readonly versionArgument?: string | null
  /** What it is needed for, where that is not everything. */
  readonly purpose?: string | undefined
}

export function programLine({ program, package: name, versionArgument = '--version', purpose }: Program): string {
  const directory = directoryOf(program)
  const suffix = purpose === undefined ? '' : ` (${purpose})`
  if (directory === undefined) return `missing: ${program}${suffix}; apt-get install ${name}`
  const version =
    versionArgument === null ? packageVersion(name) : versionIn(printed(join(directory, program), versionArgument))
  return `engine: ${program}${version === undefined ? '' : ` ${version}`}${suffix}`
}

/** A driver of QEMU and the library that it speaks by, such as `nfs` and `libnfs`. */
export function driverLine(driver: string, library: string): string {
  const directory = DRIVER_DIRECTORIES.find((path) => isThere(path))
  // A QEMU that is built in one piece has its drivers in itself.
  if (directory === undefined) return `engine: ${library}, by QEMU’s driver ${driver}`
  if (!isThere(join(directory, `block-${driver}.so`))) {
    return `missing: QEMU’s driver ${driver} (${library}); apt-get install ${DRIVER_PACKAGE}`
  }
  return `engine: ${libraryIn(dirname(directory), library) ?? library}, by QEMU’s driver ${driver}`
}

/** What the kernel does itself. */
export function kernelLine(what: string): string {
  return `engine: ${what} of the kernel, Linux ${release()}`
}

/** What keeps block devices from being made, and what to do about it; nothing where they can be made. */
export interface Obstacle {
  readonly what: string
  readonly recovery: string
}

/** @param withFuse whether the file that the block device is made of is itself made by FUSE */
export function blockDeviceObstacle(withFuse: boolean): Obstacle | undefined {
  const access = constants.R_OK | constants.W_OK
  if (process.geteuid?.() !== 0) return { what: 'smapiv3 does not run as root', recovery: 'run it as root' }
  if (directoryOf('losetup') === undefined) {
    return { what: 'losetup is not there', recovery: 'apt-get install mount' }
  }
  if (!isThere('/dev/loop-control', access)) {
    return { what: 'the kernel has no loop devices', recovery: 'modprobe loop' }
  }
  if (withFuse && !isThere('/dev/fuse', access)) return { what: 'the kernel has no FUSE', recovery: 'modprobe fuse' }
  return undefined
}

/** Whether block devices can be made, for a plugin that can do without. */
export function blockDeviceLine(withFuse: boolean): string {
  const obstacle = blockDeviceObstacle(withFuse)
  if (obstacle === undefined) return kernelLine(`loop devices${withFuse ? ' over FUSE' : ''}`)
  return `limited: neither BlockDevice nor XenDisk, for ${obstacle.what}; ${obstacle.recovery}`
}

/** The directory of the search path that has a program. */
function directoryOf(program: string): string | undefined {
  const directories = toolEnvironment().PATH.split(':')
  return directories.find((directory) => isThere(join(directory, program), constants.X_OK))
}

/** The first number with dots, and what follows it in brackets. */
function versionIn(text: string): string | undefined {
  return /\d+(?:\.\d+)+(?: \([^)\n]+\))?/.exec(text)?.[0]
}

/** Undefined where the package manager is another one. */
function packageVersion(name: string): string | undefined {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of dpkg-query
  return printed('dpkg-query', '--show', '--showformat', '${Version}', name) || undefined
}

/** What a program prints; nothing where it cannot be run. */
function printed(path: string, ...args: readonly string[]): string {
  const options = { env: toolEnvironment(), encoding: 'utf8', timeout: PATIENCE } as const
  return spawnSync(path, args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] }).stdout ?? ''
}

/** The file name of a library, which has its version. */
function libraryIn(directory: string, library: string): string | undefined {
  const names = readdirSync(directory).filter((name) => name.startsWith(`${library}.so.`))
  const files = names.map((name) => basename(realpathSync(join(directory, name))))
  return files.sort().at(-1)
}

function isThere(path: string, access = constants.R_OK): boolean {
  try {
    accessSync(path, access)
    return true
  } catch {
    return false
  }
}
