/** Durable records: one JSON file each in a directory of the state directory. */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Smapiv3Error } from '../contract/errors.ts'
import { parseJson, stringifyJson } from '../contract/json.ts'
import { isObject } from '../contract/normalise.ts'

const SUFFIX = '.json'

/**
 * A table that survives a crash at any instant: each record is a file of its own, written under a temporary name,
 * synchronised and renamed. Processes share the table without a lock, as none writes another's record. A damaged record
 * is set aside and reported; it never keeps the others from being read.
 */
export class RecordDirectory<T extends object> {
  readonly #directory: string
  readonly #members: readonly (keyof T & string)[]
  readonly #onDamage: (message: string) => void

  /**
   * @param directory made at the first write, mode 0700
   * @param members members that every record must have, as strings or lists
   * @param onDamage told, once for each, which file was set aside, why and where to
   */
  constructor(directory: string, members: readonly (keyof T & string)[], onDamage: (message: string) => void) {
    this.#directory = directory
    this.#members = members
    this.#onDamage = onDamage
  }

  /** Every record that can be read, in the order of their names. */
  all(): T[] {
    return this.#names().flatMap((name) => this.#read(name) ?? [])
  }

  /** The record stored under a name. */
  get(name: string): T | undefined {
    return this.#read(fileName(name))
  }

  /** Stores a record, replacing the one of that name; when it returns, the record survives a crash. */
  async put(name: string, record: T): Promise<void> {
    const path = join(this.#directory, fileName(name))
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
      // Loaded only here: most calls read records and write none.
      const { default: writeFileAtomic } = await import('write-file-atomic')
      await writeFileAtomic(path, `${stringifyJson(record)}\n`, { mode: 0o600 })
    } catch (cause) {
      throw unusable(`cannot write ${path}`, cause)
    }
  }

  /** Removes a record; one that is not there is gone already. */
  remove(name: string): void {
    const path = join(this.#directory, fileName(name))
    try {
      rmSync(path, { force: true })
    } catch (cause) {
      throw unusable(`cannot remove ${path}`, cause)
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#directory)
        .filter((name) => name.endsWith(SUFFIX))
        .sort()
    } catch (cause) {
      if (isAbsent(cause)) return []
      throw unusable(`cannot read ${this.#directory}`, cause)
    }
  }

  #read(name: string): T | undefined {
    const path = join(this.#directory, name)
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (cause) {
      if (isAbsent(cause)) return undefined
      throw unusable(`cannot read ${path}`, cause)
    }
    const record = parsed(text)
    if (this.#isWhole(record)) return record
    this.#setAside(path)
    return undefined
  }

  #isWhole(record: unknown): record is T {
    return (
      isObject(record) && this.#members.every((name) => typeof record[name] === 'string' || Array.isArray(record[name]))
    )
  }

  #setAside(path: string): void {
    const aside = `${path}.damaged-${new Date().toISOString().replaceAll(':', '')}`
    try {
      renameSync(path, aside)
    } catch (cause) {
      if (isAbsent(cause)) return
      throw unusable(`cannot set the damaged ${path} aside`, cause)
    }
    this.#onDamage(`${path} was damaged and is set aside as ${aside}; what it recorded is forgotten: attach it again`)
  }
}

function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** A file name for any text: percent-encoded where that is short enough, otherwise a digest. */
function fileName(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll('.', '%2E')
  return (encoded.length <= 200 ? encoded : createHash('sha256').update(name).digest('hex')) + SUFFIX
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function unusable(what: string, cause: unknown): Smapiv3Error {
  return new Smapiv3Error('STATE_UNUSABLE', `${what}: ${cause instanceof Error ? cause.message : cause}`, { cause })
}
