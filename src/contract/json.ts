/**
 * JSON without losing a bit of an int64.
 *
 * A size in SMAPIv3 is a signed 64-bit integer, and a double holds integers only up to 2^53. An integer is therefore a
 * number where a number is exact and a bigint beyond: one form for each value. Text without a run of 16 digits, that is
 * nearly all, takes the native path.
 */
import { parse as parseLossless, stringify as stringifyLossless } from 'lossless-json'

/** A signed 64-bit integer: a number up to 2^53 − 1, a bigint beyond. */
export type Int64 = number | bigint

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/**
 * Parses one JSON value; integers beyond 2^53 become bigint. Raw control characters inside strings are tolerated, as
 * the reference toolstack does; everything else is strict.
 * @throws SyntaxError where the text is not exactly one JSON value
 */
export function parseJson(text: string): unknown {
  try {
    return parseStrict(text)
  } catch (error) {
    const escaped = escapeControlCharacters(text)
    if (escaped === text) throw error
    return parseStrict(escaped)
  }
}

/** One JSON value on one line, bigint as plain digits. Members that are undefined are left out. */
export function stringifyJson(value: unknown): string {
  const text = toText(value)
  if (text === undefined) throw new TypeError('not a JSON value')
  return text
}

function toText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (!hasBigInt(value)) throw error
    return stringifyLossless(value)
  }
}

/** An integer in its one form: a number where that is exact. */
export function int64(value: bigint): Int64 {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

/**
 * An integer written as text, as the reference toolstack reads it: with or without a sign, decimal (also after 0u) or
 * after 0x, 0o or 0b, with underscores between digits. Undefined where the text is no integer or does not fit 64 bits.
 */
export function int64FromText(text: string): Int64 | undefined {
  const match =
    /^([+-]?)(?:0[uU])?(0[xX][0-9a-fA-F][0-9a-fA-F_]*|0[oO][0-7][0-7_]*|0[bB][01][01_]*|[0-9][0-9_]*)$/.exec(text)
  if (!match) return undefined
  const magnitude = BigInt((match[2] ?? '').replaceAll('_', ''))
  const value = match[1] === '-' ? -magnitude : magnitude
  return value < INT64_MIN || value > INT64_MAX ? undefined : int64(value)
}

/** Whether a value is an integer of 64 bits in its one form. */
export function isInt64(value: unknown): value is Int64 {
  return typeof value === 'bigint' ? value >= INT64_MIN && value <= INT64_MAX : Number.isSafeInteger(value)
}

function parseStrict(text: string): unknown {
  return /\d{16}/.test(text) ? parseLossless(text, null, exactNumber) : JSON.parse(text)
}

function exactNumber(digits: string): number | bigint {
  return /^-?\d+$/.test(digits) ? int64(BigInt(digits)) : Number(digits)
}

/** The text with each raw control character inside a string literal escaped. */
function escapeControlCharacters(text: string): string {
  return text.replace(/"[^"\\]*(?:\\[\s\S][^"\\]*)*"/g, (literal) =>
    literal.replace(/[^ -\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

function hasBigInt(value: unknown): boolean {
  if (typeof value === 'bigint') return true
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) ? value.some(hasBigInt) : Object.values(value).some(hasBigInt)
}
