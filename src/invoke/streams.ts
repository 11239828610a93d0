/** The host's ends of the pipes of one call. */
import { closeSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type CallPipes, closeAll } from './pipes.ts'
import { within } from './wait.ts'

/** Milliseconds without new data after which output that something else holds open is taken as complete. */
const DRAIN_GRACE = 250
/** Milliseconds for the event of an end that has been read. */
const END_GRACE = 10
/** Milliseconds for draining at all. */
const DRAIN_LIMIT = 2000

/** What is done with the output of a process as it comes. */
export interface OutputListeners {
  readonly stdout: (chunk: Buffer) => void
  readonly stderr: (chunk: Buffer) => void
}

/** Feeds stdin and reads stdout and stderr, all three at once. */
export class Streams {
  readonly #sockets: Socket[] = []
  /** Descriptors that no socket has taken over yet. */
  #open: number[]
  #ended: Promise<unknown> = Promise.resolve()
  #chunks = 0
  #hasAnswer = false

  /** Takes the ends of the host over, and feeds stdin, which the process need not have been started for. */
  constructor(host: CallPipes['host'], stdin: string) {
    this.#open = [host.stdin, host.stdout, host.stderr]
    try {
      this.#feed(this.#take(host.stdin), Buffer.from(stdin))
    } catch (error) {
      this.destroy()
      throw error
    }
  }

  /** Reads stdout and stderr. To be called once the process has been started: it has something to do meanwhile. */
  read({ stdout, stderr }: OutputListeners): void {
    const [out, err] = this.#open
    if (out === undefined || err === undefined) throw new Error('the streams are read or destroyed')
    const onStdout = (chunk: Buffer) => {
      this.#hasAnswer = true
      stdout(chunk)
    }
    this.#ended = Promise.all([this.#read(this.#take(out), onStdout), this.#read(this.#take(err), stderr)])
  }

  /**
   * Waits for the end of stdout and stderr, once the process has exited. A background process may hold them for ever, so
   * that a while without new data counts as the end, and a longer while in any case. Where nothing has been printed, whoever
   * holds stdout may be about to: on a busy machine that takes its time.
   * @returns whether they did end
   */
  async drained(): Promise<boolean> {
    const end = performance.now() + DRAIN_LIMIT
    for (;;) {
      const before = this.#chunks
      if (await within(this.#ended, DRAIN_GRACE)) return true
      // Were this process busy all the while, the data or the end would be there and not read yet.
      await nextTurn()
      if (await within(this.#ended, END_GRACE)) return true
      if ((this.#chunks === before && this.#hasAnswer) || performance.now() > end) return false
    }
  }

  destroy(): void {
    closeAll(this.#open.splice(0))
    for (const socket of this.#sockets) socket.destroy()
  }

  #take(descriptor: number): number {
    this.#open = this.#open.filter((open) => open !== descriptor)
    return descriptor
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
