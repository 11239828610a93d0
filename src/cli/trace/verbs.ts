import type { Noun } from '../noun.ts'
import { callOrCalls, ls } from './ls.ts'
import { replay } from './replay.ts'

export const trace: Noun = {
  summary: 'The last calls of plugins, without secrets',
  verbs: [ls, replay],
  otherwise: callOrCalls,
}
