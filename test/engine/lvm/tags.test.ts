import { describe, expect, test } from 'vitest'
import { DamagedTagsError, fieldsOf, tagChanges, tagsOf } from '../../../src/engine/lvm/tags.ts'

const NOISE = Buffer.from(crypto.getRandomValues(new Uint8Array(20_000))).toString('latin1')

describe('fields in tags', () => {
  test.each([
    'plain',
    'two words',
    '!begins like a compressed one',
    '&20',
    'ä€💾',
    '\0\u0001\n\r\t\u007f',
    '"\'\\`$(true),;@%',
    'x'.repeat(960),
    'x'.repeat(961),
    ' '.repeat(5000),
    '💾'.repeat(2560),
    NOISE,
  ])('come back as they were: %j', (text) => {
    const fields = { name: text, other: 'text' }
    const tags = tagsOf(fields)
    for (const tag of tags) expect(tag).toMatch(/^[A-Za-z0-9_+./=!:&#-]{1,1024}$/)
    expect(fieldsOf(tags)).toEqual(fields)
    expect(fieldsOf([...tags].reverse())).toEqual(fields)
    expect(fieldsOf(['theirs', ...tags, 'smapiv3', 'smapiv3.x'])).toEqual(fields)
  })

  test('are readable where they can be', () => {
    expect(tagsOf({ name: 'fast disks', empty: '' })).toEqual(['smapiv3.name=fast&20disks'])
  })

  test('change by what differs only', () => {
    expect(tagChanges({ name: 'a', making: 'yes', root: 'r' }, { name: 'b', root: 'r' })).toEqual([
      ...['--deltag', 'smapiv3.name=a'],
      ...['--deltag', 'smapiv3.making=yes'],
      ...['--addtag', 'smapiv3.name=b'],
    ])
    expect(tagChanges({ name: 'a' }, { name: 'a' })).toEqual([])
  })

  test('of which a tag is missing are damaged', () => {
    const tags = tagsOf({ keys: NOISE })
    expect(tags.length).toBeGreaterThan(3)
    expect(() => fieldsOf(tags.toSpliced(1, 1))).toThrow(DamagedTagsError)
    expect(() => fieldsOf(tags.slice(0, -1))).toThrow(DamagedTagsError)
    expect(() => fieldsOf(['smapiv3.keys=!abc'])).toThrow(DamagedTagsError)
  })
})
