/** JSON files that a later version of a plugin may have written: members that are not known here are kept. */
import { parseJson, stringifyJson } from '../../contract/json.ts'
import { readFilesOf, writeFileAtomic } from '../atomic-file.ts'

/** A file that is there but does not hold what it should. */
export class DamagedFileError extends Error {
  override readonly name: string = 'DamagedFileError'

  constructor(path: string, reason: string) {
    super(`${path} is damaged: ${reason}`)
  }
}

/**
 * Reads a JSON object and checks the members named.
 * @param members name → the type of its value; `?` after the type where it may be missing
 * @throws DamagedFileError, and the system's error where the file cannot be read
 */
export function readRecord(path: string, members: Readonly<Record<string, string>>): Record<string, unknown> {
  let failure: unknown
  for (const text of readFilesOf(path)) {
    try {
      return parseRecord(path, text, members)
    } catch (error) {
      // That of the file itself.
      failure ??= error
    }
  }
  throw failure
}

/**
 * Takes the text of a record and checks the members named.
 * @param place where the text is from, for the error
 * @param members see {@link readRecord}
 * @throws DamagedFileError
 */
export function parseRecord(
  place: string,
  text: string,
  members: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const record = parseObject(place, text)
  for (const name in members) {
    const type = members[name] ?? ''
    const actual = typeOf(record[name])
    if (actual === type || (type.endsWith('?') && (actual === 'undefined' || type === `${actual}?`))) continue
    throw new DamagedFileError(place, `its member ${name} is ${actual}, not ${type}`)
  }
  return record
}

/** Replaces the file as a whole; see {@link writeFileAtomic}. */
export function writeRecord(path: string, record: object): void {
  writeFileAtomic(path, `${stringifyJson(record)}\n`)
}

function parseObject(path: string, text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    throw new DamagedFileError(path, error instanceof Error ? error.message : String(error))
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new DamagedFileError(path, `it holds ${typeOf(value)}, not an object`)
}

/** The name of a JSON type; `strings` for an object whose values are all strings. */
function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value !== 'object') return typeof value
  return Object.values(value).every((member) => typeof member === 'string') ? 'strings' : 'object'
}
