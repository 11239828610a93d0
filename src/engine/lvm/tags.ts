/**
 * Named texts in the tags of a volume group or logical volume: LVM writes tags with all other metadata, at once or not
 * at all, and keeps them where the data are.
 *
 * A tag has at most 1024 of the characters `A-Za-z0-9_+.-/=!:&#`. A field is the tag `smapiv3.NAME=TEXT`, goes on in
 * `smapiv3.NAME.1=TEXT` and so on, and is readable where that is not much longer: each other byte of its UTF-8 is `&`
 * and two hexadecimal digits. Otherwise it is `!` and the base64 of its deflated UTF-8.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** Name of a field, in lower case letters and `_` → its text. A field without text is not there. */
export type Fields = Readonly<Record<string, string>>

/** Tags that do not make sense, perhaps because somebody changed one by hand. */
export class DamagedTagsError extends Error {
  override readonly name: string = 'DamagedTagsError'

  constructor(field: string, reason: string) {
    super(`the tags of the field ${field} are damaged: ${reason}`)
  }
}

const PREFIX = 'smapiv3.'
const TAG = /^smapiv3\.([a-z_]+)(?:\.(\d+))?=(.*)$/s

/** Characters of text in a tag, which leaves room for prefix, name and number. */
const CHUNK = 960

const COMPRESSED = '!'
const PLAIN = /^[A-Za-z0-9_+./=:#-]$/

/** The tags of some fields. */
export function tagsOf(fields: Fields): readonly string[] {
  return Object.entries(fields)
    .filter(([, text]) => text !== '')
    .flatMap(([name, text]) =>
      chunks(encode(text)).map((chunk, index) => `${PREFIX}${name}${index === 0 ? '' : `.${index}`}=${chunk}`),
    )
}

/**
 * The fields in some tags; other tags do not count.
 * @throws DamagedTagsError
 */
export function fieldsOf(tags: readonly string[]): Fields {
  const found = new Map<string, string[]>()
  for (const tag of tags) {
    const [, name, index = '0', text = ''] = TAG.exec(tag) ?? []
    if (name === undefined) continue
    const parts = found.get(name) ?? []
    parts[Number(index)] = text
    found.set(name, parts)
  }
  return Object.fromEntries([...found].map(([name, parts]) => [name, decode(name, parts)]))
}

/** What changes some tags from one set of fields into another: arguments of lvchange and vgchange. */
export function tagChanges(before: Fields, after: Fields): readonly string[] {
  const old = new Set(tagsOf(before))
  const wanted = new Set(tagsOf(after))
  return [
    ...[...old].filter((tag) => !wanted.has(tag)).flatMap((tag) => ['--deltag', tag]),
    ...addTags([...wanted].filter((tag) => !old.has(tag))),
  ]
}

/** Whether a tag is one of ours. */
export function isOwnTag(tag: string): boolean {
  return tag.startsWith(PREFIX)
}

/** Arguments that add tags. */
export function addTags(tags: readonly string[]): readonly string[] {
  return tags.flatMap((tag) => ['--addtag', tag])
}

function chunks(text: string): readonly string[] {
  return text.match(new RegExp(`.{1,${CHUNK}}`, 'gs')) ?? []
}

function encode(text: string): string {
  const bytes = Buffer.from(text)
  const readable = [...bytes.toString('latin1')]
    .map((character) => (PLAIN.test(character) ? character : `&${Buffer.from(character, 'latin1').toString('hex')}`))
    .join('')
  const compressed = COMPRESSED + deflateRawSync(bytes).toString('base64')
  return readable.length <= CHUNK || readable.length <= compressed.length ? readable : compressed
}

function decode(name: string, parts: readonly string[]): string {
  if (parts.length !== Object.keys(parts).length) throw new DamagedTagsError(name, 'one of them is missing')
  const text = parts.join('')
  if (!text.startsWith(COMPRESSED)) return readableText(text)
  try {
    return inflateRawSync(Buffer.from(text.slice(COMPRESSED.length), 'base64')).toString()
  } catch (error) {
    throw new DamagedTagsError(name, error instanceof Error ? error.message : String(error))
  }
}

function readableText(text: string): string {
  if (!text.includes('&')) return text
  const latin1 = text.replace(/&([0-9a-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return Buffer.from(latin1, 'latin1').toString()
}
