/**
 * Reads block devices past the page cache, as LVM writes them: the kernel keeps pages that others read through the cache
 * while LVM wrote, and they would be read again and again.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs'

/** What offset, length and memory of such a read are multiples of, whatever the sectors of the device. */
const ALIGNMENT = 4096

/** Bytes of a page of the memory below. */
const WASM_PAGE = 65_536

/** What Node.js has and its types do not say. */
declare const WebAssembly: { Memory: new (pages: { initial: number }) => { readonly buffer: ArrayBuffer } }

/** A block device that is open. */
export interface DirectDevice {
  /** The bytes of a range; fewer where the device ends. */
  read(offset: number, length: number): Buffer
}

/**
 * Runs a body with a device open.
 * @throws the system's error, also where the device cannot be read in this way (EINVAL)
 */
export function withDirectDevice<T>(path: string, body: (device: DirectDevice) => T): T {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECT)
  try {
    return body({ read: (offset, length) => readDirect(descriptor, offset, length) })
  } finally {
    closeSync(descriptor)
  }
}

function readDirect(descriptor: number, offset: number, length: number): Buffer {
  const begin = offset - (offset % ALIGNMENT)
  const end = Math.ceil((offset + length) / ALIGNMENT) * ALIGNMENT
  const buffer = alignedBuffer(end - begin)
  let done = 0
  while (done < buffer.length) {
    const count = readSync(descriptor, buffer, done, buffer.length - done, begin + done)
    if (count === 0) break
    done += count
  }
  return buffer.subarray(Math.min(offset - begin, done), Math.min(offset - begin + length, done))
}

/** Of the memories that Node.js has, only this kind begins at a page. */
function alignedBuffer(length: number): Buffer {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(length / WASM_PAGE) })
  return Buffer.from(memory.buffer, 0, length)
}
