/** The host's ends of the pipes of one call. */
import { closeSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type CallPipes, closeAll } from './pipes.ts'
import { within } from './wait.ts'

/** Milliseconds without new data after which output that something else holds open is taken as complete. */
const DRAIN_GRACE = 250
/** Milliseconds for draining at all. */
const DRAIN_LIMIT = 2000

/** Feeds stdin and reads stdout and stderr, all three at once. */
export class Streams {
  readonly #sockets: Socket[] = []
  readonly #ended: Promise<unknown>
  #chunks = 0

  constructor(
    host: CallPipes['host'],
    stdin: string,
    onOutput: { readonly stdout: (chunk: Buffer) => void; readonly stderr: (chunk: Buffer) => void },
  ) {
    const open = [host.stdin, host.stdout, host.stderr]
    try {
      this.#feed(host.stdin, Buffer.from(stdin))
      open.shift()
      const stdout = this.#read(host.stdout, onOutput.stdout)
      open.shift()
      const stderr = this.#read(host.stderr, onOutput.stderr)
      this.#ended = Promise.all([stdout, stderr])
    } catch (error) {
      closeAll(open)
      this.destroy()
      throw error
    }
  }

  /**
   * Waits for the end of stdout and stderr, once the process has exited. A background process may hold them for ever, so
   * that a while without new data counts as the end, and a longer while in any case.
   */
  async drained(): Promise<void> {
    const end = performance.now() + DRAIN_LIMIT
    for (;;) {
      const before = this.#chunks
      if (await within(this.#ended, DRAIN_GRACE)) return
      // Were this process busy all the while, the data would be there and not read yet.
      await nextTurn()
      if (this.#chunks === before || performance.now() > end) return
    }
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Nearly always the pipe takes everything at once, before the process is even there. */
  #feed(descriptor: number, bytes: Buffer): void {
    const written = writeSync(descriptor, bytes)
    if (written === bytes.length) {
      closeSync(descriptor)
      return
    }
    const socket = new Socket({ fd: descriptor, readable: false, writable: true })
    this.#sockets.push(socket)
    // A process need not read its stdin (EPIPE).
    socket.on('error', () => undefined)
    socket.end(bytes.subarray(written), () => socket.destroy())
  }

  #read(descriptor: number, onData: (chunk: Buffer) => void): Promise<void> {
    const socket = new Socket({ fd: descriptor, readable: true, writable: false })
    this.#sockets.push(socket)
    return new Promise((resolve) => {
      socket.on('data', (chunk) => {
        this.#chunks += 1
        onData(chunk)
      })
      // A pipe that cannot be read any more has ended as well; what was read decides.
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
    })
  }
}
