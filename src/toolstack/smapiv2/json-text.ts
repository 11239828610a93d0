/**
 * JSON text as the toolstack writes and reads it (SMAPIv2 bridge, sections 3 and 4): of two members of one name the first
 * counts, 64-bit integers keep every bit, `1.0` is no integer, and a float is always written as one.
 */
import { LosslessNumber, parse } from 'lossless-json'
import { int64 } from '../../contract/json.ts'

/**
 * Parses one JSON value. Integers are numbers, or bigint beyond 2^53; other numbers stay a LosslessNumber, since no
 * parameter of the interface takes one.
 * @throws SyntaxError where the text is not exactly one JSON value
 */
export function parseText(text: string): unknown {
  return parse(text, null, {
    parseNumber: (digits) => (/^-?\d+$/.test(digits) ? int64(BigInt(digits)) : new LosslessNumber(digits)),
    onDuplicateKey: ({ oldValue }) => oldValue,
  })
}

/** A float, which is written with a point or an exponent even where it is a whole number. */
export function float(value: number): LosslessNumber {
  const text = String(value)
  return new LosslessNumber(/[.e]/.test(text) ? text : `${text}.0`)
}

/** One JSON value on one line; members keep their order, those that are undefined are left out. */
export function writeText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value).replaceAll('\u007f', '\\u007f')
  if (value instanceof LosslessNumber) return value.value
  if (Array.isArray(value)) return `[${value.map(writeText).join(',')}]`
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).flatMap(memberText).join(',')}}`
  if (typeof value === 'bigint') return String(value)
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('not a JSON value')
  return text
}

function memberText([name, value]: [string, unknown]): string[] {
  return value === undefined ? [] : [`${writeText(name)}:${writeText(value)}`]
}
