import type { MethodTiming } from './report.ts'

/** How long calls took, by method. */
export function timingsOf(seconds: ReadonlyMap<string, readonly number[]>): MethodTiming[] {
  return [...seconds].map(([method, all]) => ({
    method,
    calls: all.length,
    median: median(all),
    longest: Math.max(0, ...all),
  }))
}

/** The one in the middle of some numbers, 0 of none. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}
