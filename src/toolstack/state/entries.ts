/** The content of the toolstack's file of attached SRs (SMAPIv2 bridge, section 9). */
import { type Sexp, SexpError, SexpReader, writeSexp } from './sexp.ts'

/** One attached SR. */
export interface StateEntry {
  /** The uuid that the toolstack gave it. */
  readonly uuid: string
  /** What SR.attach answered. */
  readonly handle: string
  /** Names of its metrics with the toolstack's metrics service. */
  readonly uids: readonly string[]
}

export interface StateContent {
  readonly entries: readonly StateEntry[]
  /** What is wrong with the file; the entries are then what could be read of it. */
  readonly problem: string | undefined
}

/** Reads the file; of one that is damaged, every whole entry. */
export function readEntries(bytes: Buffer): StateContent {
  const entries = new Map<string, StateEntry>()
  const problems: string[] = []
  const reader = new SexpReader(bytes)
  try {
    if (!reader.take('(')) throw new SexpError(reader.isAtEnd ? 'it is empty' : 'it does not begin with a parenthesis')
    while (!reader.take(')')) {
      const entry = entryOf(reader.read())
      if (typeof entry === 'string') problems.push(entry)
      else if (entries.has(entry.uuid)) problems.push(`${entry.uuid} stands in it twice`)
      else entries.set(entry.uuid, entry)
    }
    if (!reader.isAtEnd) problems.push('something follows its end')
  } catch (error) {
    if (!(error instanceof SexpError)) throw error
    problems.push(error.message)
  }
  return { entries: [...entries.values()], problem: problems.length === 0 ? undefined : problems.join('; ') }
}

/** The text of the file: one line without a newline. */
export function writeEntries(entries: readonly StateEntry[]): string {
  return writeSexp(
    entries.map(({ uuid, handle, uids }) => [
      uuid,
      [
        ['sr', handle],
        ['uids', uids],
      ],
    ]),
  )
}

/** The entry, or what is wrong with it. */
function entryOf(item: Sexp): StateEntry | string {
  const problem = `not an entry: ${writeSexp(item).slice(0, 200)}`
  if (typeof item === 'string') return problem
  const [uuid, record, ...others] = item
  if (typeof uuid !== 'string' || !Array.isArray(record) || others.length > 0) return problem
  const fields = new Map((record as Sexp[]).map((field) => [field[0], field] as const))
  const [, handle, ...noHandle] = fields.get('sr') ?? []
  const [, uids, ...noUids] = fields.get('uids') ?? []
  const isWhole = record.length === 2 && fields.size === 2 && noHandle.length === 0 && noUids.length === 0
  if (!isWhole || typeof handle !== 'string' || !Array.isArray(uids)) return problem
  if (!(uids as Sexp[]).every((uid) => typeof uid === 'string')) return problem
  return { uuid, handle, uids: uids as readonly string[] }
}
