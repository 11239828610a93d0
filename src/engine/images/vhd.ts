/** The size of a dynamic VHD image, from the copy of the footer at its beginning (VHD specification 1.0). */
import { type Int64, int64 } from '../../contract/json.ts'
import { DamagedFileError } from '../sr/record-file.ts'
import { readAt } from './qcow2.ts'

const COOKIE = 'conectix'

/** Bytes that a dynamic VHD can have: 2040 GiB. */
export const VHD_MAX_SIZE = 2040 * 2 ** 30

/**
 * Virtual size in bytes of an open image.
 * @param path for the error
 * @throws DamagedFileError
 */
export function readVhdSize(path: string, descriptor: number): Int64 {
  const footer = readAt(descriptor, 0, 512)
  if (footer.length < 512 || footer.toString('latin1', 0, 8) !== COOKIE) {
    throw new DamagedFileError(path, 'it is no dynamic VHD image')
  }
  return int64(footer.readBigUInt64BE(48))
}
