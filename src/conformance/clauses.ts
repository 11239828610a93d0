/** Every clause, in the order in which they are reported. */
import type { ClauseRow } from './clause.ts'
import { CHANGES } from './clauses/changes.ts'
import { COPIES } from './clauses/copies.ts'
import { DATA } from './clauses/data.ts'
import { DATAPATH } from './clauses/datapath.ts'
import { FILES } from './clauses/files.ts'
import { INPUT } from './clauses/input.ts'
import { PROPERTIES } from './clauses/properties.ts'
import { PROTOCOL } from './clauses/protocol.ts'
import { QUERY } from './clauses/query.ts'
import { ROBUSTNESS } from './clauses/robustness.ts'
import { SR } from './clauses/sr.ts'
import { SR_CONTENT } from './clauses/sr-content.ts'
import { VOLUME } from './clauses/volume.ts'

/** The clauses by chapter. */
export const CHAPTERS = [
  { title: 'The files of a plugin', clauses: FILES },
  { title: 'What a plugin says of itself', clauses: QUERY },
  { title: 'The protocol of one call', clauses: PROTOCOL },
  { title: 'Text from people', clauses: INPUT },
  { title: 'The life of an SR', clauses: SR },
  { title: 'What is told of an SR', clauses: SR_CONTENT },
  { title: 'The life of a volume', clauses: VOLUME },
  { title: 'What is stored with a volume', clauses: PROPERTIES },
  { title: 'Snapshots, clones and copies', clauses: COPIES },
  { title: 'Differences between volumes', clauses: CHANGES },
  { title: 'The datapath', clauses: DATAPATH },
  { title: 'The data', clauses: DATA },
  { title: 'Robustness and leaks', clauses: ROBUSTNESS },
] as const

const ROWS = {
  ...FILES,
  ...QUERY,
  ...PROTOCOL,
  ...INPUT,
  ...SR,
  ...SR_CONTENT,
  ...VOLUME,
  ...PROPERTIES,
  ...COPIES,
  ...CHANGES,
  ...DATAPATH,
  ...DATA,
  ...ROBUSTNESS,
}

/** Stable id of a clause, such as `VOL-SNAPSHOT-003`. */
export type ClauseId = keyof typeof ROWS

export const CLAUSES: Readonly<Record<ClauseId, ClauseRow>> = ROWS

export const CLAUSE_IDS = Object.keys(CLAUSES) as readonly ClauseId[]

/** Whether a text is the id of a clause. */
export function isClauseId(text: string): text is ClauseId {
  return Object.hasOwn(CLAUSES, text)
}
