/**
 * S-expressions as the reference toolstack's library writes them (SMAPIv2 bridge, section 9). An atom is bytes; here it is
 * text, UTF-8 in the file.
 */

export type Sexp = string | readonly Sexp[]

/** Text that is not an S-expression, or ends within one. */
export class SexpError extends Error {
  override readonly name = 'SexpError'
}

/** Nothing that is written here is deeper, and what is deeper must not exhaust the stack. */
const DEEPEST = 16

const NEEDS_QUOTES = /^$|[^!-~]|["();\\]|#\||\|#/
const BARE = /[^\s"();]/
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', r: '\r' }
const ESCAPED: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\t': '\\t',
  '\b': '\\b',
  '\r': '\\r',
}

/** One line; a blank stands only between two bare atoms. */
export function writeSexp(value: Sexp): string {
  if (typeof value === 'string') return atom(value)
  let text = ''
  let wasBare = false
  for (const item of value) {
    const written = writeSexp(item)
    const isBare = BARE.test(written.charAt(0))
    text += wasBare && isBare ? ` ${written}` : written
    wasBare = isBare
  }
  return `(${text})`
}

function atom(text: string): string {
  if (!NEEDS_QUOTES.test(text)) return text
  const bytes = Buffer.from(text, 'utf8').toString('latin1')
  const escaped = bytes.replaceAll(
    /[^ -~]|["\\]/g,
    (byte) => ESCAPED[byte] ?? `\\${String(byte.charCodeAt(0)).padStart(3, '0')}`,
  )
  return `"${escaped}"`
}

/** Reads S-expressions one after the other, so that what stands before a torn end can be had. */
export class SexpReader {
  /** A byte a character. */
  readonly #bytes: string
  #position = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes.toString('latin1')
  }

  /** Whether nothing but blanks is left. */
  get isAtEnd(): boolean {
    this.#skipBlanks()
    return this.#position >= this.#bytes.length
  }

  /** Takes a parenthesis if it comes next. */
  take(parenthesis: '(' | ')'): boolean {
    this.#skipBlanks()
    if (this.#bytes[this.#position] !== parenthesis) return false
    this.#position += 1
    return true
  }

  /** @throws SexpError */
  read(depth = 0): Sexp {
    if (depth > DEEPEST) throw new SexpError(`lists within lists at byte ${this.#position}`)
    if (this.isAtEnd) throw new SexpError('the text ends too early')
    if (!this.take('(')) return this.#atom()
    const items: Sexp[] = []
    while (!this.take(')')) items.push(this.read(depth + 1))
    return items
  }

  #atom(): string {
    if (this.#bytes[this.#position] === '"') return utf8(this.#quoted())
    const start = this.#position
    while (BARE.test(this.#bytes[this.#position] ?? ' ')) this.#position += 1
    if (this.#position === start) throw new SexpError(`a parenthesis too many at byte ${start}`)
    return utf8(this.#bytes.slice(start, this.#position))
  }

  #quoted(): string {
    this.#position += 1
    let text = ''
    for (;;) {
      const byte = this.#next()
      if (byte === '"') return text
      text += byte === '\\' ? this.#escaped() : byte
    }
  }

  #escaped(): string {
    const byte = this.#next()
    if (/\d/.test(byte)) return String.fromCharCode(Number(byte + this.#next() + this.#next()) & 0xff)
    if (byte === 'x') return String.fromCharCode(Number.parseInt(this.#next() + this.#next(), 16))
    return ESCAPES[byte] ?? byte
  }

  #next(): string {
    const byte = this.#bytes[this.#position]
    if (byte === undefined) throw new SexpError('the text ends within a quoted atom')
    this.#position += 1
    return byte
  }

  #skipBlanks(): void {
    while (/\s/.test(this.#bytes[this.#position] ?? 'x')) this.#position += 1
  }
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
