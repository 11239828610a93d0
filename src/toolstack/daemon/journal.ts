/**
 * The journal of requests that must not be served twice. A message switch delivers at least once: what is not acked when
 * the daemon dies comes again. The journal tells the next daemon which of these were begun, and what they were answered.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject } from '../../contract/normalise.ts'
import type { Log } from '../log.ts'

/** What identifies a request among those of one life of the switch. */
export interface JournalKey {
  readonly queue: string
  readonly number: number
  readonly replyQueue: string
  readonly payload: string
}

/** What a former daemon did with a request; without an answer it may have done anything. */
export interface Begun {
  readonly answer: string | undefined
}

interface Line {
  readonly queue: string
  readonly key: string
  readonly answer?: string
}

/** Bytes at which a new file is begun; the one before it is kept, so that every answer outlives its ack by far. */
const LONGEST = 1024 * 1024

export class Journal {
  readonly #directory: string
  readonly #log: Log
  readonly #former = new Map<string, Line>()
  /** Begun by this daemon and not answered yet. */
  readonly #open = new Map<string, Line>()
  #size = 0
  #hasFailed = false

  /** Reads what former daemons left. */
  constructor(stateDirectory: string, log: Log) {
    this.#directory = join(stateDirectory, 'journal')
    this.#log = log
    for (const line of [...this.#read('previous'), ...this.#read('current')]) this.#former.set(line.key, line)
    this.#guarded(() => this.#restart(this.#former.values()))
  }

  /** What a former daemon did with a request; asked once, as it is then answered. */
  former(key: JournalKey): Begun | undefined {
    const line = this.#former.get(textOf(key))
    if (line === undefined) return undefined
    this.#former.delete(line.key)
    return { answer: line.answer }
  }

  /** To be called when a queue has begun to count from 0 again: its numbers mean other requests now. */
  forgetFormer(queue: string): void {
    for (const [key, line] of this.#former) if (line.queue === queue) this.#former.delete(key)
  }

  /**
   * Notes a request before it is served and its answer afterwards. A journal that cannot be written is reported once,
   * and fails no request.
   * @param keepsAnswer false for an answer that may hold secrets: then only that there was one is noted
   */
  async once(key: JournalKey, keepsAnswer: boolean, serve: () => Promise<string>): Promise<string> {
    const line: Line = { queue: key.queue, key: textOf(key) }
    this.#open.set(line.key, line)
    this.#append(line)
    try {
      const answer = await serve()
      if (keepsAnswer) this.#append({ ...line, answer })
      return answer
    } finally {
      this.#open.delete(line.key)
    }
  }

  #append(line: Line): void {
    this.#guarded(() => {
      const text = `${JSON.stringify(line)}\n`
      appendFileSync(this.#path('current'), text, { mode: 0o600 })
      this.#size += text.length
      if (this.#size > LONGEST) this.#rotate()
    })
  }

  #rotate(): void {
    renameSync(this.#path('current'), this.#path('previous'))
    this.#write('current', this.#open.values())
  }

  /** The former lines are needed until their requests are acked. */
  #restart(lines: Iterable<Line>): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    this.#write('previous', lines)
    rmSync(this.#path('current'), { force: true })
  }

  #write(name: string, lines: Iterable<Line>): void {
    const text = [...lines].map((line) => `${JSON.stringify(line)}\n`).join('')
    writeFileSync(this.#path('next'), text, { mode: 0o600 })
    renameSync(this.#path('next'), this.#path(name))
    this.#size = name === 'current' ? statSync(this.#path(name)).size : 0
  }

  #read(name: string): Line[] {
    let text: string
    try {
      text = readFileSync(this.#path(name), 'utf8')
    } catch {
      return []
    }
    return text.split('\n').flatMap((line) => lineOf(line) ?? [])
  }

  #path(name: string): string {
    return join(this.#directory, `${name}.ndjson`)
  }

  #guarded(write: () => void): void {
    try {
      write()
      this.#hasFailed = false
    } catch (error) {
      if (this.#hasFailed) return
      this.#hasFailed = true
      const message = error instanceof Error ? error.message : String(error)
      this.#log('error', { error: message }, 'the journal cannot be written: a crash now may repeat a request')
    }
  }
}

/** A line that a crash has torn is none. */
function lineOf(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text)
    if (!isObject(line) || typeof line.queue !== 'string' || typeof line.key !== 'string') return undefined
    const { queue, key, answer } = line
    return { queue, key, ...(typeof answer === 'string' ? { answer } : {}) }
  } catch {
    return undefined
  }
}

function textOf({ queue, number, replyQueue, payload }: JournalKey): string {
  const digest = createHash('sha256').update(payload).digest('base64')
  return JSON.stringify([queue, number, replyQueue, digest])
}
