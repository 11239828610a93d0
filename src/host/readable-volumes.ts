/** Reading a list of volumes record by record. */
import { explain } from '../contract/explain.ts'
import { SHAPES } from '../contract/generated/shapes.ts'
import { normalise } from '../contract/normalise.ts'

/**
 * The records of an SR.ls that are volumes; anything but a list is returned as it is, for the validator to refuse.
 * @param onUnreadable told of each record that is left out: which, and what is wrong with it
 */
export function readableVolumes(printed: unknown, onUnreadable: (why: string) => void): unknown {
  const { result } = SHAPES['SR.ls']
  if (!Array.isArray(printed) || result.kind !== 'list') return printed
  return printed.filter((record: unknown, index) => {
    const problem = explain(normalise(record, result.of), result.of, `[${index}]`)
    if (problem !== undefined) onUnreadable(`the record of a volume is left out: ${problem}`)
    return problem === undefined
  })
}
