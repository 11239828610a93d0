/** The formats that the images of volumes have. */

import { ConfigurationError } from '../sr/errors.ts'
import type { Configuration } from './driver.ts'

/** Named by the extension of the image's file. */
export type VolumeFormat = 'raw' | 'qcow2' | 'vhd'

interface FormatRow {
  /** Whether an image can stand on another one: snapshots and clones in constant time, recorded changes. */
  readonly chains: boolean
  /** How an image becomes larger: where it is, in use too, or by a copy of it. */
  readonly growth: 'in place' | 'by copy'
}

/** The one table of them. */
export const VOLUME_FORMATS: Readonly<Record<VolumeFormat, FormatRow>> = {
  raw: { chains: false, growth: 'in place' },
  qcow2: { chains: true, growth: 'in place' },
  vhd: { chains: false, growth: 'by copy' },
}

export const FORMAT_NAMES: readonly VolumeFormat[] = ['raw', 'qcow2', 'vhd']

/** Of new volumes in an SR whose device_config does not say. */
const DEFAULT: VolumeFormat = 'qcow2'

/**
 * The format that the new volumes of an SR are to have.
 * @throws ConfigurationError
 */
export function formatIn({ format }: Configuration): VolumeFormat {
  if (format === undefined) return DEFAULT
  const found = FORMAT_NAMES.find((name) => name === format)
  if (found === undefined) throw new ConfigurationError(`format is ${format}; it can be ${FORMAT_NAMES.join(', ')}`)
  return found
}
