import type { Verb } from './verb.ts'

export interface Noun {
  readonly summary: string
  readonly verbs: readonly Verb[]
  /** What the noun does without a verb. */
  readonly otherwise?: Verb
}
