/** The reference page docs/conformance.md. */
import { LEVELS } from '../clause.ts'
import { CHAPTERS, CLAUSE_IDS, CLAUSES, type ClauseId } from '../clauses.ts'

/** The clauses as Markdown, one section for each chapter. */
export function clausePages(): string {
  const numbers = LEVELS.map(
    (level) => `${CLAUSE_IDS.filter((id) => CLAUSES[id].level === level).length} ${level.toUpperCase()}`,
  )
  const chapters = CHAPTERS.map(({ title, clauses }) => {
    const rows = (Object.keys(clauses) as ClauseId[]).map(clause)
    return `## ${title}\n\n${rows.join('\n\n')}`
  })
  return `${CLAUSE_IDS.length} clauses: ${numbers.join(', ')}.\n\n${chapters.join('\n\n')}\n`
}

function clause(id: ClauseId): string {
  const { level, text, why, source, advice, about, after = [] } = CLAUSES[id]
  const lines = [
    `### ${id} (${level.toUpperCase()})`,
    '',
    escapeMarkdown(text),
    '',
    `- Why: ${escapeMarkdown(why)}`,
    `- Source: ${source}`,
    `- To do: ${escapeMarkdown(advice)}`,
    ...(about.length === 0 ? [] : [`- About: ${about.join(', ')}`]),
    ...(after.length === 0 ? [] : [`- Follows where one of these fails: ${after.join(', ')}`]),
  ]
  return lines.join('\n')
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|]/g, '\\$&')
}
