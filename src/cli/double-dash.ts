/**
 * Words after `--` are arguments even where they begin with a dash. yargs does not hand them to the verb as such, so
 * their dash is hidden from it behind a character that no word of a command line can hold.
 */
const MASK = '\0'

/** The words for yargs. */
export function masked(words: readonly string[]): string[] {
  const end = words.indexOf('--')
  if (end < 0) return [...words]
  return [...words.slice(0, end), ...words.slice(end + 1).map((word) => (word.startsWith('-') ? MASK + word : word))]
}

/** What yargs made of masked words, as they were typed. */
export function unmasked<T>(taken: T): T {
  const entries = Object.entries(taken as object).map(([name, value]) => [name, unmaskedValue(value)])
  return Object.fromEntries(entries) as T
}

/** Text without the mask, for messages. */
export function withoutMask(text: string): string {
  return text.replaceAll(MASK, '')
}

function unmaskedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmaskedValue)
  return typeof value === 'string' ? withoutMask(value) : value
}
