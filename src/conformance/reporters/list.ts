/** The clauses as text, one paragraph each. */
import { CHAPTERS, CLAUSES, type ClauseId } from '../clauses.ts'

export function clauseList(): string {
  return CHAPTERS.map(({ title, clauses }) => {
    const rows = (Object.keys(clauses) as ClauseId[]).map(
      (id) => `${id} (${CLAUSES[id].level.toUpperCase()}) ${CLAUSES[id].text}`,
    )
    return `${title}\n\n${rows.map((row) => `  ${row}`).join('\n')}`
  }).join('\n\n')
}
