/** The file that says who has a lock: of one length, so that it is overwritten in place by a single write. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { saysGone } from '../storage-error.ts'

/** Who has a lock. */
export interface Holder {
  /** See host.ts. */
  readonly host: string
  /** Of this one time that the lock is held. */
  readonly token: string
  /** Of silence, after which the holder counts as dead. */
  readonly seconds: number
  /** Differs from one sign of life to the next. */
  readonly count: number
}

const WIDTHS = { seconds: 3, count: 10 } as const

const PATTERN = /^([0-9a-f-]{36}) ([0-9a-f-]{36}) (\d{3}) (\d{10})\n$/

export function holderText({ host, token, seconds, count }: Holder): string {
  return `${host} ${token} ${padded(seconds, WIDTHS.seconds)} ${padded(count, WIDTHS.count)}\n`
}

/** Undefined for what is none, such as a file that its maker did not come to write. */
export function parseHolder(text: string): Holder | undefined {
  const [, host, token, seconds, count] = PATTERN.exec(text) ?? []
  if (host === undefined || token === undefined) return undefined
  return { host, token, seconds: Number(seconds), count: Number(count) }
}

/** Whether two are the same time of holding the lock. */
export function isSame(one: Holder, other: Holder): boolean {
  return one.host === other.host && one.token === other.token
}

/** Replaces the content of the file; false where it is gone. */
export function overwrite(path: string, holder: Holder): boolean {
  try {
    const descriptor = openSync(path, 'r+')
    try {
      writeSync(descriptor, holderText(holder), 0)
      return true
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (saysGone(error)) return false
    throw error
  }
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
