/** Bytes of one line; what is longer is no request. */
const LONGEST = 16 * 1024 * 1024
const NEWLINE = 0x0a

/** Cuts a stream of bytes into lines. */
export class LineReader {
  #chunks: Buffer[] = []
  #held = 0

  /**
   * The lines that a chunk completes, without those that are blank.
   * @throws Error where a line grows too long
   */
  push(chunk: Buffer): string[] {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...this.#chunks.splice(0), chunk.subarray(start, end)]).toString('utf8')
      if (line.trim() !== '') lines.push(line)
      this.#held = 0
      start = end + 1
    }
    const rest = chunk.subarray(start)
    this.#held += rest.length
    if (this.#held > LONGEST) throw new Error(`a line of more than ${LONGEST} bytes`)
    if (rest.length > 0) this.#chunks.push(rest)
    return lines
  }
}
