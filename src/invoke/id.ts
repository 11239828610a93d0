/** Identifiers of calls, which sort by time: milliseconds, pid and a counter, in base 36. */
const COUNTERS = 36 ** 4

let latest = 0
let counter = 0

/** A new identifier, greater than all before it in this process even if the clock is set back. */
export function newId(): string {
  latest = Math.max(latest, Date.now())
  counter = (counter + 1) % COUNTERS
  return [base36(latest, 9), base36(process.pid, 5), base36(counter, 4)].join('-')
}

/** The time in an identifier, in milliseconds since 1970. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 9), 36)
}

export function isId(text: string): boolean {
  return /^[0-9a-z]{9}-[0-9a-z]{5}-[0-9a-z]{4}$/.test(text)
}

function base36(number: number, width: number): string {
  return number.toString(36).padStart(width, '0')
}
