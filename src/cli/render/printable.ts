/** Text from plugins and callers, made harmless for a terminal. */

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** C0, DEL, C1, and the characters that turn the direction of text around. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** The text on one line, control characters as escapes. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => NAMED[character] ?? escaped(character))
}

/** The lines of a text, each printable; tabs become blanks. No lines for no text. */
export function printableLines(text: string): string[] {
  return text === '' ? [] : text.split('\n').map((line) => printable(line.replaceAll('\t', '    ')))
}

/** Printable text that is at most so many characters wide as people count them, and says so where it was cut. */
export function shortened(text: string, length: number): string {
  const characters = [...new Intl.Segmenter().segment(printable(text.slice(0, length * 40)))]
  if (characters.length <= length) return printable(text.slice(0, length * 40))
  return `${characters
    .slice(0, length - 1)
    .map(({ segment }) => segment)
    .join('')}…`
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}
