import { clausePages } from '../../conformance/reporters/markdown.ts'

const BEGIN = '<!-- generated from src/conformance/clauses by `npm run generate` -->\n'

/** The page on conformance with its clauses made anew. */
export function withClauses(page: string): string {
  const begin = page.indexOf(BEGIN)
  if (begin < 0) throw new Error(`docs/conformance.md lacks the line ${BEGIN.trim()}`)
  return `${page.slice(0, begin + BEGIN.length)}\n${clausePages()}`
}
