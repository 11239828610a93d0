import type { Noun } from '../noun.ts'
import { activate } from './activate.ts'
import { attach } from './attach.ts'
import { close } from './close.ts'
import { deactivate } from './deactivate.ts'
import { detach } from './detach.ts'
import { ls } from './ls.ts'
import { open } from './open.ts'

export const disk: Noun = {
  summary: 'Disks: the bytes of a volume, through the datapath plugin of its URI',
  verbs: [attach, detach, ls, activate, deactivate, open, close],
}
