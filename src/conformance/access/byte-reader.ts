import type { Socket } from 'node:net'

/** Reads exact numbers of bytes from a socket, one read at a time. */
export class ByteReader {
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #length = 0
  #wanted = 0
  #settle: { readonly resolve: (bytes: Buffer) => void; readonly reject: (error: Error) => void } | undefined
  #ended: Error | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      this.#deliver()
    })
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('the server closed the connection')))
  }

  /** The next bytes; rejects where the connection ends before. */
  read(length: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#wanted = length
      this.#settle = { resolve, reject }
      if (this.#ended !== undefined && this.#length < length) this.#end(this.#ended)
      else this.#deliver()
    })
  }

  #deliver(): void {
    if (this.#settle === undefined || this.#length < this.#wanted) return
    const all = this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks)
    const rest = all.subarray(this.#wanted)
    this.#chunks = rest.length > 0 ? [rest] : []
    this.#length = rest.length
    const { resolve } = this.#settle
    this.#settle = undefined
    resolve(all.subarray(0, this.#wanted))
  }

  #end(error: Error): void {
    this.#ended ??= error
    this.#settle?.reject(this.#ended)
    this.#settle = undefined
    this.#socket.destroy()
  }
}
