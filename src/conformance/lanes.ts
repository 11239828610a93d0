/** Parts of one check that have nothing to do with each other. */
import { all } from './checks/all.ts'
import type { Context } from './context.ts'

/** A part, in a context of its own, so that its names and random choices do not follow from what runs beside it. */
export type Lane<T> = (context: Context) => Promise<T>

/**
 * Runs parts at the same time, as different checks are, or one after the other where these are.
 * @param name of all of them, which no others of the check have
 * @throws what the first of them throws that fails, once all are over
 */
export async function lanes<T>(context: Context, name: string, parts: readonly Lane<T>[]): Promise<T[]> {
  const works = parts.map((part, index) => () => part(context.lane(`${name}-${index + 1}`)))
  if (context.run.parallel > 1) return all(works.map((work) => work()))
  const results: T[] = []
  for (const work of works) results.push(await work())
  return results
}
