/** The size of a dynamic VHD image, from the copy of the footer at its beginning (VHD specification 1.0). */
import { DamagedFileError } from '../sr/record-file.ts'
import { readAt, withFile } from './qcow2.ts'

const COOKIE = 'conectix'

/** Bytes that a dynamic VHD can have: 2040 GiB. */
export const VHD_MAX_SIZE = 2040 * 2 ** 30

/**
 * Virtual size in bytes.
 * @throws DamagedFileError
 */
export function readVhdSize(path: string): bigint {
  const footer = withFile(path, (descriptor) => readAt(descriptor, 0, 512))
  if (footer.length < 512 || footer.toString('latin1', 0, 8) !== COOKIE) {
    throw new DamagedFileError(path, 'it is no dynamic VHD image')
  }
  return footer.readBigUInt64BE(48)
}
