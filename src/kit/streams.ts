/**
 * stdin and stdout without the cost of Node's streams, of which each takes longer to load than a method to run. A
 * plugin does nothing else while it reads its request or writes its answer, so both may block.
 */
import { readSync, writeSync } from 'node:fs'

const CHUNK = 64 * 1024
const NEWLINE = 0x0a

/**
 * Reads until end of file, or until the first line is complete and `isWhole` says that it is enough: a caller may
 * keep stdin open.
 */
export function readInput(descriptor: number, isWhole: (line: Buffer) => boolean): Buffer {
  let input = Buffer.alloc(0)
  let firstLineSeen = false
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK)
    const length = retryWhileBusy(() => readSync(descriptor, chunk, 0, CHUNK, null))
    if (length === 0) return input
    input = Buffer.concat([input, chunk.subarray(0, length)])
    const end = firstLineSeen ? -1 : input.indexOf(NEWLINE)
    if (end < 0) continue
    firstLineSeen = true
    const line = input.subarray(0, end)
    if (isWhole(line)) return line
  }
}

/** Writes all of a text, however slowly it is read. */
export function writeOutput(descriptor: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length; ) {
    written += retryWhileBusy(() => writeSync(descriptor, bytes, written))
  }
}

/** A pipe or terminal that somebody else made non-blocking answers EAGAIN when it is empty or full. */
function retryWhileBusy(operation: () => number): number {
  for (;;) {
    try {
      return operation()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      pause()
    }
  }
}

function pause(): void {
  const milliseconds = 2
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, milliseconds)
}
