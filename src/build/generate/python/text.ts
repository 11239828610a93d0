/** Python as text. */

/** First line of each generated file in Python. */
export const PYTHON_BANNER = '# Generated from schemas/ by `npm run generate`. Do not edit.\n'

const WIDTH = 110

/** The text as lines of at most 110 columns, the first of which begins with `head`, each other with `indent`. */
export function wrap(text: string, head: string, indent: string): string[] {
  const lines: string[] = []
  let line = head
  let isEmpty = true
  for (const word of text.split(/\s+/)) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = indent
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}

/** A docstring of paragraphs; each is what it says and how its further lines are indented. */
export function docstring(paragraphs: readonly string[], indent: string, fields: readonly string[] = []): string {
  const body = paragraphs.flatMap((text, index) => [
    ...(index === 0 ? [] : ['']),
    ...wrap(text, index === 0 ? `${indent}"""` : indent, indent),
  ])
  const list = fields.flatMap((text) => wrap(text, indent, `${indent}    `))
  if (list.length === 0 && body.length === 1) return `${body[0]}"""\n`
  return `${[...body, ...(list.length > 0 ? ['', ...list] : []), `${indent}"""`].join('\n')}\n`
}

/** A string as a literal. */
export function quoted(text: string): string {
  return JSON.stringify(text)
}
