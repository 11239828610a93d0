/** Every noun with its verbs. */
import { call } from './call/verb.ts'
import { completion } from './completion/verb.ts'
import { conformance } from './conformance/verb.ts'
import { data } from './data/verbs.ts'
import { demo } from './demo/verb.ts'
import { disk } from './disk/verbs.ts'
import { doctor } from './doctor/verb.ts'
import type { Noun } from './noun.ts'
import { plugin } from './plugin/verbs.ts'
import { serve } from './serve/verb.ts'
import { sr } from './sr/verbs.ts'
import { trace } from './trace/verbs.ts'
import type { Verb } from './verb.ts'
import { volume } from './volume/verbs.ts'

export const NOUNS: Readonly<Record<string, Noun>> = { plugin, sr, volume, disk, data, trace }

/** Verbs that need no noun. */
export const STANDALONE: readonly Verb[] = [call, conformance, serve, doctor, demo, completion]
