/** Chance that can be repeated: set SMAPIV3_SEED to what a failed run printed. */

export const SEED = Number(process.env.SMAPIV3_SEED ?? Date.now() % 2 ** 31)

/** A whole number from 0 up to, not including, the limit. */
export type Random = (limit: number) => number

/** A linear congruential generator: the same numbers for the same seed. */
export function randomNumbers(seed: number): Random {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

/** One of some values. */
export function oneOf<T>(random: Random, values: readonly T[]): T {
  const value = values[random(values.length)]
  if (value === undefined) throw new Error('nothing to choose from')
  return value
}
