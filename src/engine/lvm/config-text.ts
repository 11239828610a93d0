/** The grammar of LVM's configuration, in which its metadata is written (lvm.conf(5)): sections, numbers, texts, lists. */

export type Value = number | string | readonly (number | string)[] | Section

/** Name → what it has there. */
export type Section = ReadonlyMap<string, Value>

/** Text that is not of this grammar. */
export class ConfigTextError extends Error {
  override readonly name = 'ConfigTextError'
}

/**
 * Parses the settings in a text, up to the end of the section that it begins in.
 * @param at where it begins
 * @throws ConfigTextError
 */
export function parseSection(text: string, at = 0): Section {
  return readSection(new Tokens(text, at))
}

/**
 * The sections in a section, one at a time, so that nobody has to keep them all; other settings are left out.
 * @param at where it begins
 * @throws ConfigTextError
 */
export function* parseSections(text: string, at: number): Iterable<readonly [string, Section]> {
  const tokens = new Tokens(text, at)
  while (!isEnd(tokens)) {
    const [name, value] = readSetting(tokens)
    if (value instanceof Map) yield [name, value]
  }
}

/** The settings that end at `}` or the end of the text. */
function readSection(tokens: Tokens): Section {
  const section = new Map<string, Value>()
  while (!isEnd(tokens)) section.set(...readSetting(tokens))
  return section
}

/** Goes on, and says whether a section ends there. */
function isEnd(tokens: Tokens): boolean {
  return tokens.next() === 'end' || tokens.isSign('}')
}

/** The setting whose name is the token. */
function readSetting(tokens: Tokens): [name: string, value: Value] {
  if (tokens.kind !== 'word') throw new ConfigTextError(`${tokens.text} where a name should be`)
  const name = tokens.text
  tokens.next()
  if (tokens.isSign('{')) return [name, readSection(tokens)]
  if (tokens.isSign('=')) return [name, readValue(tokens)]
  throw new ConfigTextError(`neither = nor { behind ${name}`)
}

function readValue(tokens: Tokens): Value {
  tokens.next()
  if (!tokens.isSign('[')) return scalar(tokens)
  const list: (number | string)[] = []
  for (tokens.next(); !tokens.isSign(']'); tokens.next()) if (!tokens.isSign(',')) list.push(scalar(tokens))
  return list
}

function scalar({ kind, text }: Tokens): number | string {
  if (kind === 'quoted') return text
  const number = kind === 'word' ? Number(text) : Number.NaN
  if (Number.isNaN(number)) throw new ConfigTextError(`${text || 'nothing'} where a value should be`)
  return number
}

/** A name or number, a text between quotes, one of the signs `{}[],=`, or the end. */
type Kind = 'word' | 'quoted' | 'sign' | 'end'

const QUOTE = '"'.charCodeAt(0)
const HASH = '#'.charCodeAt(0)
const BLANK = ' '.charCodeAt(0)

/** Code of a character → whether it can be in a name or number. */
const IS_WORD: readonly boolean[] = Array.from({ length: 256 }, (_, code) =>
  /[A-Za-z0-9_.+-]/.test(String.fromCharCode(code)),
)

/** The tokens of a text, one at a time: the metadata of ten thousand volumes has a million of them. */
class Tokens {
  kind: Kind = 'end'
  /** Of a token between quotes, what is between them. */
  text = ''
  readonly #all: string
  #at: number

  constructor(all: string, at: number) {
    this.#all = all
    this.#at = at
  }

  isSign(sign: string): boolean {
    return this.kind === 'sign' && this.text === sign
  }

  /** Goes on to the next token. */
  next(): Kind {
    const all = this.#all
    let begin = skipBlanks(all, this.#at)
    const code = all.charCodeAt(begin)
    let end = begin + 1
    if (Number.isNaN(code)) return this.#set('end', '', begin)
    if (code === QUOTE) {
      begin = end
      end = endOfQuoted(all, begin)
      const text = all.slice(begin, end)
      return this.#set('quoted', text.includes('\\') ? text.replace(/\\(.)/g, '$1') : text, end + 1)
    }
    if (!IS_WORD[code]) return this.#set('sign', all.charAt(begin), end)
    while (IS_WORD[all.charCodeAt(end)]) end++
    return this.#set('word', all.slice(begin, end), end)
  }

  #set(kind: Kind, text: string, at: number): Kind {
    this.kind = kind
    this.text = text
    this.#at = at
    return kind
  }
}

/** Where the white space and the comments at a place end. */
function skipBlanks(text: string, from: number): number {
  let at = from
  for (;;) {
    const code = text.charCodeAt(at)
    if (code <= BLANK) at++
    else if (code === HASH) at = endOfLine(text, at)
    else return at
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

/** Where the closing quote is. */
function endOfQuoted(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charAt(end - 1 - escapes) === '\\') escapes++
    if (escapes % 2 === 0) return end
  }
  throw new ConfigTextError('a quote is not closed')
}
