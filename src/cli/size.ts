/** Sizes as people write and read them: powers of 1024, exact to the byte. */
import type { Int64 } from '../contract/json.ts'
import { int64 } from '../contract/json.ts'
import { usage } from './options.ts'

/** IEC 80000-13, smallest first. */
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

const LARGEST = 2n ** 63n - 1n

const FORM = `a number of bytes, or of ${UNITS.slice(1).join(', ')}, such as 10GiB`

/**
 * Bytes of a size such as 10GiB, 1.5TiB or 1024: whole, at least 1, at most 2^63 − 1.
 * @throws Smapiv3Error USAGE, naming what was seen; units that may mean powers of 1000 or of 1024 (G, GB) are refused
 */
export function parseSize(text: string): Int64 {
  const bytes = bytesOf(text)
  if (bytes < 1n) throw usage(`a size must be at least 1 byte; seen: ${JSON.stringify(text)}`)
  return int64(bytes)
}

/** Bytes of a size, zero and negative numbers included: what is allowed is for the method's schema to say. */
export function bytesOf(text: string): bigint {
  const [, sign = '', whole = '', fraction = '', unit = ''] = /^([+-]?)(\d+)(?:\.(\d+))? ?([a-z]*)$/i.exec(text) ?? []
  if (whole === '') throw usage(`a size must be ${FORM}; seen: ${JSON.stringify(text.slice(0, 80))}`)
  const scaled = BigInt(whole + fraction) * 1024n ** BigInt(exponentOf(unit, whole, text))
  const denominator = 10n ** BigInt(fraction.length)
  if (scaled % denominator !== 0n) throw usage(`a size must be a whole number of bytes; seen: ${JSON.stringify(text)}`)
  const bytes = (sign === '-' ? -1n : 1n) * (scaled / denominator)
  if (bytes > LARGEST) throw usage(`a size must be less than 2^63 bytes; seen: ${JSON.stringify(text)}`)
  return bytes
}

/** A number of bytes in the largest unit of which there is at least one: 10 GiB, 1.5 KiB, 512 B. */
export function formatSize(bytes: Int64): string {
  const value = BigInt(bytes)
  if (value < 1024n) return `${value} B`
  let exponent = 1
  while (value >= 1024n ** BigInt(exponent + 1)) exponent++
  const tenths = (value * 10n) / 1024n ** BigInt(exponent)
  const rest = tenths % 10n === 0n ? '' : `.${tenths % 10n}`
  return `${tenths / 10n}${rest} ${UNITS[exponent]}`
}

function exponentOf(unit: string, whole: string, text: string): number {
  if (unit === '') return 0
  const exponent = UNITS.findIndex((name) => name.toLowerCase() === unit.toLowerCase())
  if (exponent >= 0) return exponent
  const meant = UNITS.slice(1).find((name) => name[0]?.toLowerCase() === unit[0]?.toLowerCase())
  const isAmbiguous = meant !== undefined && /^[a-z]b?$/i.test(unit)
  if (!isAmbiguous) throw usage(`a size must be ${FORM}; seen: ${JSON.stringify(text)}`)
  throw usage(
    `${JSON.stringify(text)} may mean powers of 1000 or of 1024: write ${whole}${meant}, or the number of bytes`,
  )
}
