import type { Noun } from '../noun.ts'
import { attach } from './attach.ts'
import { create } from './create.ts'
import { destroy } from './destroy.ts'
import { detach } from './detach.ts'
import { ls } from './ls.ts'
import { probe } from './probe.ts'
import { setDescription } from './set-description.ts'
import { setName } from './set-name.ts'
import { stat } from './stat.ts'

export const sr: Noun = {
  summary: 'Storage repositories',
  verbs: [probe, create, attach, detach, destroy, ls, stat, setName, setDescription],
}
