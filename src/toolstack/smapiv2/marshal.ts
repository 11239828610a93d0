/** Reading the parameters of a request by their types (SMAPIv2 bridge, section 4). */
import { type Int64, int64FromText, isInt64 } from '../../contract/json.ts'
import { isObject } from '../../contract/normalise.ts'
import { writeText } from './json-text.ts'

/** A value that does not have the type that the interface gives it; the caller's fault. */
export class MarshalError extends Error {
  override readonly name = 'MarshalError'
}

/**
 * Reads a value of one type.
 * @param path how the value is called in an error, such as `vdi_info.virtual_size`
 * @throws MarshalError
 */
export type Type<T> = (value: unknown, path: string) => T

/** Types by name of what they read. */
export type Types = Readonly<Record<string, Type<unknown>>>

/** What a set of types reads. */
export type Values<T extends Types> = { readonly [Name in keyof T]: ReturnType<T[Name]> }

/** A string of the interface: JSON strings only. */
export const text: Type<string> = (value, path) =>
  typeof value === 'string' ? value : refuse(path, 'must be a string', value)

export const boolean: Type<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : refuse(path, 'must be true or false', value)

/** A 64-bit integer, or a string that holds one. */
export const integer: Type<Int64> = (value, path) => {
  const read = typeof value === 'string' ? int64FromText(value) : value
  return isInt64(read) ? read : refuse(path, 'must be a 64-bit integer', value)
}

export const texts: Type<readonly string[]> = (value, path) =>
  Array.isArray(value)
    ? value.map((item, index) => text(item, `${path}[${index}]`))
    : refuse(path, 'must be an array of strings', value)

export const dictionary: Type<Readonly<Record<string, string>>> = (value, path) =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, text(member, `${path}.${name}`)]))
    : refuse(path, 'must be an object', value)

/** A member of a record that need not be there, but has the right type where it is. */
export function optional<T>(type: Type<T>): Type<T | undefined> {
  return (value, path) => (value === undefined ? undefined : type(value, path))
}

/** A member of a record whose default stands for an absent value and for one of the wrong type. */
export function withDefault<T>(type: Type<T>, fallback: T): Type<T> {
  return (value, path) => {
    try {
      return type(value, path)
    } catch (error) {
      if (error instanceof MarshalError) return fallback
      throw error
    }
  }
}

/** A record: names compare without regard to case, the first of several counts, unknown members are ignored. */
export function record<T extends Types>(members: T): Type<Values<T>> {
  return (value, path) => {
    if (!isObject(value)) return refuse(path, 'must be an object', value)
    const found = new Map<string, unknown>()
    for (const [name, member] of Object.entries(value)) {
      const known = name.toLowerCase()
      if (!found.has(known)) found.set(known, member)
    }
    return readAll(members, (name) => found.get(name), path)
  }
}

/** A variant whose tags all carry a string: `[tag, string]`, the tag in any case. */
export function variant<Tag extends string>(...tags: readonly Tag[]): Type<[Tag, string]> {
  return (value, path) => {
    const [written, payload] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : []
    const tag = tags.find((known) => typeof written === 'string' && known.toLowerCase() === written.toLowerCase())
    if (tag === undefined) return refuse(path, `must be ${tags.map((known) => `["${known}", …]`).join(' or ')}`, value)
    return [tag, text(payload, `${path}[1]`)]
  }
}

/** Reads a value for each type. */
export function readAll<T extends Types>(types: T, read: (name: string) => unknown, path = ''): Values<T> {
  const values = Object.entries(types).map(([name, type]) => [
    name,
    type(read(name), path === '' ? name : `${path}.${name}`),
  ])
  return Object.fromEntries(values) as Values<T>
}

const LONGEST_GLIMPSE = 80

function refuse(path: string, expected: string, value: unknown): never {
  if (value === undefined) throw new MarshalError(`${path} is missing`)
  const seen = writeText(value)
  const glimpse = seen.length > LONGEST_GLIMPSE ? `${seen.slice(0, LONGEST_GLIMPSE)}…` : seen
  throw new MarshalError(`${path} ${expected}, not ${glimpse}`)
}
