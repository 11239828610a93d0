import type { MethodTiming } from './report.ts'

/** How long calls took, by method. */
export function timingsOf(seconds: ReadonlyMap<string, readonly number[]>): MethodTiming[] {
  return [...seconds].map(([method, all]) => {
    const sorted = [...all].sort((a, b) => a - b)
    return {
      method,
      calls: all.length,
      median: sorted[Math.floor(sorted.length / 2)] ?? 0,
      longest: sorted.at(-1) ?? 0,
    }
  })
}
