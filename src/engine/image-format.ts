/**
 * The formats of disk images.
 *
 * A format is always said, by the option `format=` of a URI or by the file's extension, and never found by looking at
 * the content: a guest that owns a raw disk could write a header of another format into it, with any file of the host
 * as its backing file.
 */
import { extname } from 'node:path'

interface FormatRow {
  /** QEMU's name of the driver, for blockdev-add and for `qemu-img -f`. */
  readonly driver: 'raw' | 'qcow2' | 'vpc' | 'vhdx'
  /** File name extensions that mean this format, in lower case. */
  readonly extensions: readonly string[]
  /** Other names of the format in `format=`. */
  readonly aliases: readonly string[]
  /** Options that `qemu-img create` needs so that the image has exactly the size asked for. */
  readonly createOptions: readonly string[]
  /** Whether QEMU can change the virtual size of such an image. */
  readonly resizable: boolean
}

/** The one table of formats. */
export const IMAGE_FORMATS = {
  raw: { driver: 'raw', extensions: ['.raw', '.img', '.iso'], aliases: [], createOptions: [], resizable: true },
  qcow2: { driver: 'qcow2', extensions: ['.qcow2'], aliases: [], createOptions: [], resizable: true },
  // Without force_size the size is rounded to what a disk geometry of cylinders, heads and sectors can express.
  vhd: {
    driver: 'vpc',
    extensions: ['.vhd', '.vpc'],
    aliases: ['vpc'],
    createOptions: ['-o', 'force_size=on'],
    resizable: false,
  },
  vhdx: { driver: 'vhdx', extensions: ['.vhdx'], aliases: [], createOptions: [], resizable: false },
} as const satisfies Record<string, FormatRow>

export type ImageFormat = keyof typeof IMAGE_FORMATS

/** A format was named that there is none of. */
export class ImageFormatError extends Error {
  override readonly name = 'ImageFormatError'

  constructor(name: string) {
    super(`${JSON.stringify(name)} is not an image format: it is one of ${Object.keys(IMAGE_FORMATS).join(', ')}`)
  }
}

/**
 * The format of the image at a path.
 * @param named the value of `format=`, which wins; undefined where it is not given
 * @returns raw where neither the option nor the extension says anything else
 * @throws ImageFormatError where `format=` names no format
 */
export function imageFormatOf(path: string, named?: string): ImageFormat {
  if (named !== undefined) return imageFormatNamed(named)
  const extension = extname(path).toLowerCase()
  return FORMATS.find((format) => rowOf(format).extensions.includes(extension)) ?? 'raw'
}

/** The arguments of `qemu-img create` for an image of exactly this many bytes. */
export function createImageArguments(path: string, format: ImageFormat, bytes: bigint | number): readonly string[] {
  const { driver, createOptions } = rowOf(format)
  return ['create', '-q', '-f', driver, ...createOptions, '--', path, String(bytes)]
}

const FORMATS: readonly ImageFormat[] = ['raw', 'qcow2', 'vhd', 'vhdx']

function imageFormatNamed(name: string): ImageFormat {
  const wanted = name.toLowerCase()
  const found = FORMATS.find((format) => format === wanted || rowOf(format).aliases.includes(wanted))
  if (found === undefined) throw new ImageFormatError(name)
  return found
}

function rowOf(format: ImageFormat): FormatRow {
  return IMAGE_FORMATS[format]
}
