/** The trace: a ring of records on disk, one file for each call, without secrets. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Smapiv3Error } from '../contract/errors.ts'
import type { CallRecorder, Recorded } from './call.ts'
import { isId, timeOfId } from './id.ts'
import { isTraceRecord, type TraceRecord, traceRecord } from './trace-record.ts'

export interface RecorderSettings {
  /** Most records kept, none where 0; 200 where absent. For a while there may be an eighth more. */
  readonly limit?: number | undefined
  /** Told once if records cannot be written; the calls go on. */
  readonly onFailure?: ((error: Smapiv3Error) => void) | undefined
}

/** What {@link Recorder.list} finds, oldest first. */
export interface Trace {
  readonly records: readonly TraceRecord[]
  readonly damaged: readonly { readonly id: string; readonly reason: string }[]
}

const DEFAULT_LIMIT = 200
const SUFFIX = '.json'
const TEMPORARY = '.tmp'
/** Milliseconds after which a temporary file is taken as left behind by a process that was killed. */
const ABANDONED = 60_000

/** Writes and reads records; several processes may use one directory. */
export class Recorder implements CallRecorder {
  readonly directory: string
  readonly #limit: number
  readonly #onFailure: (error: Smapiv3Error) => void
  #isReady = false
  #failed = false
  /** Records until the directory is read again to remove the oldest. */
  #untilPrune: number

  constructor(directory: string, { limit = DEFAULT_LIMIT, onFailure = () => undefined }: RecorderSettings = {}) {
    this.directory = directory
    this.#limit = limit
    this.#onFailure = onFailure
    // A command line writes one record and ends: chance has one process in so many look for all of them.
    this.#untilPrune = Math.floor(Math.random() * this.#slack)
  }

  /**
   * Writes the record of a call. Never throws: a full or read-only disk fails no call. It waits for the disk, as what it
   * writes is small and never synchronised; the threads of asynchronous files would cost a command line more.
   */
  record<M extends TraceRecord['method']>(recorded: Recorded<M>): void {
    if (this.#limit === 0) return
    try {
      const record = traceRecord(recorded)
      this.#makeDirectory()
      this.#write(record)
      if (this.#untilPrune > 0) this.#untilPrune -= 1
      else this.#prune()
    } catch (error) {
      this.#isReady = false
      this.#report(error)
    }
  }

  /** The newest records, oldest first; a damaged one is named and passed over. */
  list({ last = this.#limit }: { readonly last?: number } = {}): Trace {
    const ids = this.#ids()
      .slice(-this.#limit)
      .slice(last === 0 ? Number.POSITIVE_INFINITY : -last)
    const records: TraceRecord[] = []
    const damaged: { id: string; reason: string }[] = []
    for (const id of ids) {
      const record = this.#read(id)
      if (typeof record === 'string') damaged.push({ id, reason: record })
      else if (record !== undefined) records.push(record)
    }
    return { records, damaged }
  }

  /**
   * One record.
   * @throws Smapiv3Error USAGE where there is none of that id, STATE_UNUSABLE where it is damaged
   */
  read(id: string): TraceRecord {
    const record = isId(id) ? this.#read(id) : undefined
    if (record === undefined) {
      throw new Smapiv3Error('USAGE', `no call ${JSON.stringify(id)} is in the trace`, {
        recovery: 'See `smapiv3 trace`.',
      })
    }
    if (typeof record === 'string') throw this.#unusable(`the record ${this.#path(id)} is damaged: ${record}`)
    return record
  }

  get #slack(): number {
    return Math.max(8, Math.ceil(this.#limit / 8))
  }

  #path(id: string): string {
    return join(this.directory, id + SUFFIX)
  }

  #makeDirectory(): void {
    if (this.#isReady) return
    mkdirSync(this.directory, { recursive: true, mode: 0o700 })
    chmodSync(this.directory, 0o700)
    this.#isReady = true
  }

  /** A reader never sees half a record. */
  #write(record: TraceRecord): void {
    const temporary = join(this.directory, record.id + TEMPORARY)
    try {
      writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: 'wx' })
      renameSync(temporary, this.#path(record.id))
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
  }

  /** Another process may be at it too; a file already gone is none of our business. */
  #prune(): void {
    this.#untilPrune = this.#slack
    const names = readdirSync(this.directory)
    const oldest = idsAmong(names, SUFFIX)
      .slice(0, -this.#limit)
      .map((id) => id + SUFFIX)
    const abandoned = idsAmong(names, TEMPORARY)
      .filter((id) => timeOfId(id) < Date.now() - ABANDONED)
      .map((id) => id + TEMPORARY)
    for (const name of [...oldest, ...abandoned]) rmSync(join(this.directory, name), { force: true })
  }

  #ids(): readonly string[] {
    try {
      return idsAmong(readdirSync(this.directory), SUFFIX)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw this.#unusable(`cannot read the trace in ${this.directory}`, error)
    }
  }

  /** Undefined where it is not there (any more), text where it is damaged. */
  #read(id: string): TraceRecord | string | undefined {
    try {
      const record: unknown = JSON.parse(readFileSync(this.#path(id), 'utf8'))
      return isTraceRecord(record) ? record : 'it is JSON, but no record of a call'
    } catch (error) {
      if (error instanceof SyntaxError) return `it is no JSON (${error.message})`
      const { code, message } = error as NodeJS.ErrnoException
      return code === 'ENOENT' ? undefined : message
    }
  }

  #report(cause: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#onFailure(this.#unusable(`cannot write the trace in ${this.directory}`, cause))
  }

  #unusable(message: string, cause?: unknown): Smapiv3Error {
    const reason = cause instanceof Error ? `: ${cause.message}` : ''
    return new Smapiv3Error('STATE_UNUSABLE', message + reason, { cause })
  }
}

/** Identifiers of the files with a suffix, oldest first. */
function idsAmong(names: readonly string[], suffix: string): string[] {
  return names
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length))
    .filter(isId)
    .sort()
}
