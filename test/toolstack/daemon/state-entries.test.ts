import { describe, expect, test } from 'vitest'
import { readEntries, writeEntries } from '../../../src/toolstack/state/entries.ts'

/** As the reference daemon wrote it (SMAPIv2 bridge, section 9). */
const OBSERVED =
  '((u1((sr"file:///a b?x=1;y=\\"q\\"#z")(uids(a"b c"))))(u2((sr"")(uids())))(u3((sr"caf\\195\\169\\n\\t\\\\(x)")(uids())))' +
  "(u4((sr plain/uri:with=eq&amp,comma'quote|pipe#hash)(uids()))))"

const ENTRIES = [
  { uuid: 'u1', handle: 'file:///a b?x=1;y="q"#z', uids: ['a', 'b c'] },
  { uuid: 'u2', handle: '', uids: [] },
  { uuid: 'u3', handle: 'café\n\t\\(x)', uids: [] },
  { uuid: 'u4', handle: "plain/uri:with=eq&amp,comma'quote|pipe#hash", uids: [] },
]

describe('the state file of the reference daemon', () => {
  test('is read as it was written', () => {
    expect(readEntries(Buffer.from(OBSERVED))).toEqual({ entries: ENTRIES, problem: undefined })
  })

  test('is written byte for byte as the reference writes it', () => {
    expect(writeEntries(ENTRIES)).toBe(OBSERVED)
    expect(writeEntries([])).toBe('()')
  })

  test('may have the fields in either order, and blanks', () => {
    const { entries, problem } = readEntries(Buffer.from('( (u ((uids (x)) (sr h))) )\n'))
    expect({ entries, problem }).toEqual({ entries: [{ uuid: 'u', handle: 'h', uids: ['x'] }], problem: undefined })
  })

  test.each([
    '',
    '()x',
    '(',
    'x',
    '((u((sr h)(uids()))',
    '((u((sr h))))',
    '((u((sr h)(uids())(x y))))',
    '('.repeat(9999),
  ])('says what is wrong with %j', (text) => expect(readEntries(Buffer.from(text)).problem).toBeTypeOf('string'))

  test('a duplicate is named, and the first counts', () => {
    const { entries, problem } = readEntries(Buffer.from('((u((sr a)(uids())))(u((sr b)(uids()))))'))
    expect(entries).toEqual([{ uuid: 'u', handle: 'a', uids: [] }])
    expect(problem).toContain('u stands in it twice')
  })

  test('torn at any byte, every whole entry before the tear is saved', () => {
    const bytes = Buffer.from(OBSERVED)
    const ends = ENTRIES.map((_, index) => Buffer.byteLength(writeEntries(ENTRIES.slice(0, index + 1))) - 1)
    for (let end = 0; end < bytes.length; end += 1) {
      const whole = ends.filter((entryEnd) => entryEnd <= end).length
      const { entries, problem } = readEntries(bytes.subarray(0, end))
      expect(entries, `torn at ${end}`).toEqual(ENTRIES.slice(0, whole))
      expect(problem).toBeTypeOf('string')
    }
  })

  test('any text survives', () => {
    const texts = ['#|', '|#', 'a;b', '\u0000\u007f\u00ff', '😀', '\\065', '"', 'a b', ' ', '()']
    const entries = texts.map((text, index) => ({ uuid: `u${index}`, handle: text, uids: [text] }))
    expect(readEntries(Buffer.from(writeEntries(entries))).entries).toEqual(entries)
  })
})
