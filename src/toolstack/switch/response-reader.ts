/** The answers of message-switch on one connection: HTTP/1.1 with a content-length, never chunked. */

/** One answer. */
export interface Response {
  readonly status: number
  readonly body: string
}

const END_OF_HEAD = '\r\n\r\n'
/** A head longer than this is none. */
const HEAD_AT_MOST = 64 * 1024

/** Cuts a stream of bytes into answers. */
export class ResponseReader {
  #chunks: Buffer[] = []
  #received = 0
  /** Bytes that the answer takes, once its head has been read. */
  #wanted: number | undefined
  #bodyStart = 0
  #status = 0

  /**
   * Takes what arrived; the answer, where this completed one. Only one request is ever under way on a connection, so
   * nothing may follow an answer.
   * @throws Error where this is no answer
   */
  push(chunk: Buffer): Response | undefined {
    this.#chunks.push(chunk)
    this.#received += chunk.length
    if (this.#wanted === undefined) this.#readHead()
    if (this.#wanted === undefined || this.#received < this.#wanted) return undefined
    if (this.#received > this.#wanted) throw new Error('more bytes than the content-length of the answer')
    const body = this.#joined().toString('utf8', this.#bodyStart)
    this.#chunks = []
    this.#received = 0
    this.#wanted = undefined
    return { status: this.#status, body }
  }

  #readHead(): void {
    const bytes = this.#joined()
    const end = bytes.indexOf(END_OF_HEAD)
    if (end < 0) {
      if (bytes.length > HEAD_AT_MOST) throw new Error(`no end of the head within ${HEAD_AT_MOST} bytes`)
      return
    }
    const head = bytes.toString('latin1', 0, end)
    const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(head)?.[1]
    const length = /\r\ncontent-length:[ \t]*(\d+)[ \t]*(?:\r|$)/i.exec(head)?.[1]
    if (status === undefined) throw new Error(`not HTTP: ${JSON.stringify(head.slice(0, 100))}`)
    if (length === undefined) throw new Error(`no content-length: ${JSON.stringify(head.slice(0, 500))}`)
    this.#status = Number(status)
    this.#bodyStart = end + END_OF_HEAD.length
    this.#wanted = this.#bodyStart + Number(length)
  }

  #joined(): Buffer {
    const [first, ...others] = this.#chunks
    if (first === undefined) return Buffer.alloc(0)
    if (others.length === 0) return first
    const joined = Buffer.concat(this.#chunks, this.#received)
    this.#chunks = [joined]
    return joined
  }
}
