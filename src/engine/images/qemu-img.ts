/**
 * What `qemu-img` does with images in an SR's directory. Formats are always said. A tool gets the lock of the volume as
 * well, so that it stays held should this process be killed while the tool runs.
 */
import { basename } from 'node:path'
import { errors } from '../../kit/index.ts'
import { createImageArguments, IMAGE_FORMATS } from '../image-format.ts'
import type { Lock } from '../lock.ts'
import { VolumeInUseError } from '../sr/errors.ts'
import { runTool, ToolError } from '../tool.ts'
import type { VolumeFormat } from './format.ts'

/** Blocks of a bitmap of changes, in bytes. */
const GRANULARITY = '65536'

const NO_SPACE = /No space left on device|Disk quota exceeded/
const LOCKED = /Failed to get .*lock|Failed to lock byte|Is another process using the image/
const TOO_LARGE = /too large|exceeds|File too large|cannot represent/i

/** Makes an image of zeroes. */
export function createEmpty(path: string, format: VolumeFormat, size: number, held: Lock): void {
  run([...createImageArguments(path, format, size)], held)
}

/** Makes an image that shows what another one of the same directory has, which need not be readable now. */
export function createOverlay(path: string, backing: string, size: bigint, held: Lock): void {
  run(['create', '-q', '-f', 'qcow2', '-u', ...backedBy(backing), '--', path, String(size)], held)
}

/** Copies all that an image shows into a new one without a backing file. */
export function convert(
  source: { readonly path: string; readonly format: VolumeFormat },
  destination: { readonly path: string; readonly format: VolumeFormat },
  held: Lock,
): void {
  const { createOptions } = IMAGE_FORMATS[destination.format]
  const formats = ['-f', driverOf(source.format), '-O', driverOf(destination.format), ...createOptions]
  run(['convert', '-q', ...formats, '--', source.path, destination.path], held)
}

/**
 * Copies all that an image shows into one of the same format that is there already, has nothing but zeroes, and is as large
 * or larger.
 */
export function copyContent(source: string, destination: string, format: VolumeFormat, held: Lock): void {
  const driver = driverOf(format)
  run(['convert', '-q', '-n', '--target-is-zero', '-f', driver, '-O', driver, '--', source, destination], held)
}

/** Makes an image larger that nobody has open. */
export function growQcow2(path: string, size: number, held: Lock): void {
  run(['resize', '-q', '-f', 'qcow2', '--', path, String(size)], held)
}

/**
 * Takes out what lies between an image and the one below, or everything below where there is none: the image shows what
 * it did before, and has the blocks itself.
 */
export function rebase(path: string, backing: string | undefined, held: Lock): void {
  const below = backing === undefined ? ['-b', ''] : backedBy(backing)
  run(['rebase', '-q', '-f', 'qcow2', ...below, '--', path], held)
}

/** Says that an image stands on another one, whatever it stood on before. */
export function rebaseUnsafe(path: string, backing: string, held: Lock): void {
  run(['rebase', '-q', '-u', '-f', 'qcow2', ...backedBy(backing), '--', path], held)
}

/** Begins to record changes of an image that nobody has open. */
export function addBitmap(path: string, name: string, held: Lock): void {
  run(['bitmap', '--add', '-g', GRANULARITY, alone(path), name], held)
}

/** Ends it, usable or not. */
export function removeBitmap(path: string, name: string, held: Lock): void {
  run(['bitmap', '--remove', alone(path), name], held)
}

/** A run of bytes of an image, and how many images further down the data are. */
export interface MapEntry {
  readonly start: number
  readonly length: number
  readonly depth: number
  readonly present: boolean
  /** Where its bytes stand in the file; absent where they are zeros. */
  readonly offset?: number
}

/** Where the data of an image are; it may be in use. */
export function map(path: string, format: VolumeFormat = 'qcow2'): readonly MapEntry[] {
  const args = ['map', '-U', '--output=json', '-f', driverOf(format), '--', path]
  return JSON.parse(runTool('qemu-img', args)) as MapEntry[]
}

/**
 * Fails where somebody has an image open for writing, on this host or another that shares the file system's locks.
 * @throws VolumeInUseError
 */
export function refuseInUse(path: string, format: VolumeFormat): void {
  run(['info', '--output=json', '-f', driverOf(format), '--', path])
}

function backedBy(backing: string): readonly string[] {
  return ['-b', basename(backing), '-F', 'qcow2']
}

/** An image without its backing files, which bitmaps have nothing to do with. */
function alone(path: string): string {
  return `json:${JSON.stringify({ driver: 'qcow2', file: { driver: 'file', filename: path }, backing: null })}`
}

function driverOf(format: VolumeFormat): string {
  return IMAGE_FORMATS[format].driver
}

function run(args: readonly string[], held?: Lock): void {
  try {
    runTool('qemu-img', args, held?.descriptor)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    if (NO_SPACE.test(error.stderr)) throw errors.noSpace(error.message)
    if (LOCKED.test(error.stderr)) throw new VolumeInUseError(`the volume is in use: ${error.message}`)
    if (args[0] === 'create' && TOO_LARGE.test(error.stderr)) throw errors.invalidSize(error.message)
    throw error
  }
}
