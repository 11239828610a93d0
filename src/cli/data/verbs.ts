import type { Noun } from '../noun.ts'
import { cancel } from './cancel.ts'
import { copy } from './copy.ts'
import { destroy } from './destroy.ts'
import { ls } from './ls.ts'
import { mirror } from './mirror.ts'
import { stat } from './stat.ts'

export const data: Noun = {
  summary: 'Copies and mirrors of disks in use, to NBD servers',
  verbs: [copy, mirror, stat, cancel, destroy, ls],
}
