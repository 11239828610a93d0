/** The grammar of LVM's configuration, in which its metadata is written (lvm.conf(5)): sections, numbers, texts, lists. */

export type Value = number | string | readonly (number | string)[] | Section

/** Name → what it has there. */
export type Section = ReadonlyMap<string, Value>

/** Text that is not of this grammar. */
export class ConfigTextError extends Error {
  override readonly name = 'ConfigTextError'
}

/** White space and comments, and then a name, a number, a text or a sign. */
const TOKEN = /(?:\s|#[^\n]*)*(?:("(?:[^"\\]|\\.)*")|([A-Za-z0-9_.+-]+)|([{}[\],=]))/y

/**
 * Parses the settings in a text, up to the end of the section that it begins in.
 * @param at where it begins
 * @throws ConfigTextError
 */
export function parseSection(text: string, at = 0): Section {
  const token = new RegExp(TOKEN)
  token.lastIndex = at
  const section = readSection(() => token.exec(text)?.slice(1) ?? [])
  return section
}

type Token = readonly (string | undefined)[]

/** The tokens that end at `}` or the end of the text. */
function readSection(next: () => Token): Section {
  const section = new Map<string, Value>()
  for (;;) {
    const [, name, sign] = next()
    if (name === undefined) {
      if (sign === undefined || sign === '}') return section
      throw new ConfigTextError(`${sign} where a name should be`)
    }
    const [, , between] = next()
    if (between === '{') section.set(name, readSection(next))
    else if (between === '=') section.set(name, readValue(next))
    else throw new ConfigTextError(`neither = nor { behind ${name}`)
  }
}

function readValue(next: () => Token): Value {
  const first = next()
  if (first[2] !== '[') return scalar(first)
  const list: (number | string)[] = []
  for (let token = next(); token[2] !== ']'; token = next()) if (token[2] !== ',') list.push(scalar(token))
  return list
}

function scalar([quoted, bare]: Token): number | string {
  if (quoted !== undefined) return quoted.slice(1, -1).replace(/\\(.)/g, '$1')
  const number = Number(bare)
  if (bare === undefined || Number.isNaN(number))
    throw new ConfigTextError(`${bare ?? 'a sign'} where a value should be`)
  return number
}
