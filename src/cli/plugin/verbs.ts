import type { Noun } from '../noun.ts'
import { diagnostics } from './diagnostics.ts'
import { install } from './install.ts'
import { ls } from './ls.ts'
import { show } from './show.ts'

export const plugin: Noun = { summary: 'Volume and datapath plugins', verbs: [ls, show, diagnostics, install] }
