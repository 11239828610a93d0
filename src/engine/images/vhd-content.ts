/** The bytes that a VHD image shows, read where QEMU says that they stand in its file. */
import { type Readable, readFully } from '../compare.ts'
import { withFile } from './qcow2.ts'
import { type MapEntry, map } from './qemu-img.ts'
import { readVhdSize } from './vhd.ts'

/** Runs a body with what an image shows, which may be in use: what is written meanwhile is seen or not. */
export function withVhd<T>(path: string, body: (content: Readable) => T): T {
  return withFile(path, (descriptor) => {
    const stored = map(path, 'vhd').filter(({ offset }) => offset !== undefined)
    return body({
      size: Number(readVhdSize(path, descriptor)),
      data: stored.map(({ start, length }) => ({ start, end: start + length })),
      read(buffer, length, position) {
        buffer.fill(0, 0, length)
        for (let next = firstAfter(stored, position); next < stored.length; next++) {
          const entry = stored[next]
          if (entry === undefined || entry.start >= position + length) break
          readPart(descriptor, entry, buffer.subarray(0, length), position)
        }
      },
    })
  })
}

/** The index of the first entry, of those in order, that ends after a position: there is one for every 2 MiB. */
function firstAfter(entries: readonly MapEntry[], position: number): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const entry = entries[middle]
    if (entry !== undefined && entry.start + entry.length <= position) low = middle + 1
    else high = middle
  }
  return low
}

/** Reads what an entry has of the bytes that a buffer is for, which begin at a position. */
function readPart(descriptor: number, { start, length, offset = 0 }: MapEntry, buffer: Buffer, position: number): void {
  const begin = Math.max(start, position)
  const end = Math.min(start + length, position + buffer.length)
  if (begin >= end) return
  readFully(descriptor, buffer.subarray(begin - position), end - begin, offset + begin - start)
}
