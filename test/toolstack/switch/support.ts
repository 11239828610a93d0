import { vi } from 'vitest'
import { type QueueServer, type ServeOptions, serveQueue } from '../../../src/toolstack/switch/server.ts'
import { MessageSwitch } from '../../support/message-switch/message-switch.ts'

export const QUEUE = 'org.xen.xapi.storage.demo'

/** What a test started, ended in reverse. */
export class Bench {
  readonly logged: { level: string; fields: Readonly<Record<string, unknown>>; message: string }[] = []
  readonly #ends: (() => Promise<unknown>)[] = []

  async switch(): Promise<MessageSwitch> {
    const started = await MessageSwitch.start()
    this.defer(() => started.stop())
    return started
  }

  serve(at: MessageSwitch, options: Partial<ServeOptions> & Pick<ServeOptions, 'handler'>): QueueServer {
    const server = serveQueue({
      socketPath: at.socketPath,
      token: '4242',
      queue: QUEUE,
      internalError: (message) => `internal error: ${message}`,
      log: (level, fields, message) => this.logged.push({ level, fields, message }),
      ...options,
    })
    this.defer(() => server.close({ drain: 0 }))
    return server
  }

  defer(end: () => Promise<unknown>): void {
    this.#ends.push(end)
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end()
  }
}

/** A handler whose answers a test gives by hand, and that counts what it was asked. */
export class Desk {
  readonly asked: string[] = []
  readonly stale: string[] = []
  readonly #answers = new Map<string, (answer: string) => void>()

  readonly handler: ServeOptions['handler'] = ({ payload, stale }) => {
    this.asked.push(payload)
    if (stale) this.stale.push(payload)
    return new Promise((resolve) => this.#answers.set(payload, resolve))
  }

  /** Answers a request with `did <payload>` as soon as it has been asked. */
  async answer(payload: string): Promise<void> {
    await until(() => this.#answers.has(payload))
    this.#answers.get(payload)?.(`did ${payload}`)
  }
}

export const did: ServeOptions['handler'] = async ({ payload }) => `did ${payload}`

/** Waits for a condition. */
export async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { timeout: 120_000, interval: 5 })
}
