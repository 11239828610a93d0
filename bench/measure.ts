/** Measuring side by side: on a busy machine only the ratio of things measured in turn means anything. */
import { spawnSync } from 'node:child_process'

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const above = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? above : (above + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** Milliseconds that something takes. */
export function timed(body: () => unknown): number {
  const begin = performance.now()
  body()
  return performance.now() - begin
}

/**
 * Measures things in turn, `rounds` times after a first that does not count, and returns for each the milliseconds of
 * every round.
 */
export function inTurn(rounds: number, ...bodies: readonly (() => unknown)[]): number[][] {
  for (const body of bodies) body()
  const times: number[][] = bodies.map(() => [])
  for (let round = 0; round < rounds; round += 1)
    for (const [index, body] of bodies.entries()) times[index]?.push(timed(body))
  return times
}

/** The median of a figure made of the times of one round. */
export function medianOf(times: readonly (readonly number[])[], figure: (...round: number[]) => number): number {
  const [first = []] = times
  return median(first.map((_, round) => figure(...times.map((column) => column[round] ?? Number.NaN))))
}

/** Environment of every process measured: a certificate store would double the start of Node.js. */
export const ENVIRONMENT: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== 'NODE_EXTRA_CA_CERTS' && name !== 'NODE_OPTIONS'),
)

/** Runs a program to its end; throws unless it succeeds. */
export function run(argv: readonly [string, ...string[]], input = ''): string {
  const [file, ...args] = argv
  const { status, stdout, stderr, error } = spawnSync(file, args, { input, env: ENVIRONMENT, encoding: 'utf8' })
  if (status !== 0) throw error ?? new Error(`${argv.join(' ')} exited with ${status}: ${stderr}`)
  return stdout
}

/** The least that a program on Node.js can take. */
export const NODE: readonly [string, ...string[]] = [process.execPath, '-e', '0']
