/** Bytes that are written one behind the other. */

/** Bytes that there is room for at first: those of nearly every message. */
const ROOM = 256

/** One buffer for a whole message: one for each value in it would cost more than all the rest of a request. */
export class GrowingBuffer {
  /** What was written stands before {@link length}, anything behind it. */
  bytes: Buffer = Buffer.allocUnsafe(ROOM)
  length: number

  /** @param begin bytes that are left free, for a header */
  constructor(begin = 0) {
    this.length = begin
  }

  /** Makes room behind what was written, and returns where it begins. */
  advance(count: number): number {
    const position = this.length
    this.length += count
    if (this.length > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.length, 2 * this.bytes.length))
      this.bytes.copy(larger, 0, 0, position)
      this.bytes = larger
    }
    return position
  }
}
