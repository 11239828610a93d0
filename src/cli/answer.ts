import { stringifyJson } from '../contract/json.ts'
import type { Answer } from './session.ts'

/** The answer of a verb: a value for machines, and the text that people get instead. */
export function answer(value: unknown, text: () => string, status = 0): Answer {
  return { json: () => stringifyJson(value), text, status }
}

/** The answer of a verb without a result: null for machines. */
export function done(sentence: string): Answer {
  return answer(null, () => sentence)
}
