/** The encodings of the message-switch protocol. */

/** A message of a queue. */
export type Message =
  | { readonly kind: 'request'; readonly number: number; readonly payload: string; readonly replyQueue: string }
  | {
      readonly kind: 'response'
      readonly number: number
      readonly payload: string
      /** The request that it answers. */
      readonly to: { readonly queue: string; readonly number: number }
    }

/** What one transfer brought. */
export interface Batch {
  /** Ascending; the switch sends the newest first. */
  readonly messages: readonly Message[]
  /** `from` of the next transfer; undefined where nothing has been seen yet. */
  readonly next: string | undefined
}

/**
 * Reads the answer to a transfer from one queue.
 * @throws TypeError where it is none
 */
export function readBatch(value: unknown, queue: string): Batch {
  const { messages, next } = record(value)
  if (!Array.isArray(messages) || typeof next !== 'string') throw new TypeError('not a messages object')
  const read = messages.map((message) => readMessage(message, queue))
  return { messages: read.sort((a, b) => a.number - b.number), next: next.startsWith('-') ? undefined : next }
}

/**
 * Reads a message id or none: the number, or undefined for `[]`.
 * @throws TypeError where it is neither
 */
export function readMessageId(value: unknown): number | undefined {
  if (Array.isArray(value) && value.length <= 1) return value.length === 0 ? undefined : messageId(value[0])[1]
  throw new TypeError('not a message id or none')
}

export function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

function readMessage(value: unknown, queue: string): Message {
  const [id, content] = pair(value)
  const [from, number] = messageId(id)
  const { payload, kind } = record(content)
  const [tag, detail] = pair(kind)
  if (from !== queue || typeof payload !== 'string') throw new TypeError(`not a message of ${queue}`)
  if (tag === 'Request' && typeof detail === 'string') return { kind: 'request', number, payload, replyQueue: detail }
  if (tag !== 'Response') throw new TypeError('neither a request nor a response')
  const [to, original] = messageId(detail)
  return { kind: 'response', number, payload, to: { queue: to, number: original } }
}

function messageId(value: unknown): [queue: string, number: number] {
  const [queue, number] = pair(value)
  if (typeof queue !== 'string' || typeof number !== 'number') throw new TypeError('not a message id')
  return [queue, number]
}

function pair(value: unknown): [unknown, unknown] {
  if (Array.isArray(value) && value.length === 2) return [value[0], value[1]]
  throw new TypeError('not a pair')
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return { ...value }
  throw new TypeError('not an object')
}
