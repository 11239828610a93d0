import { describe, expect, test } from 'vitest'
import { int64FromText, isInt64, parseJson, stringifyJson } from '../../src/contract/json.ts'

describe('integers of 64 bits', () => {
  test.each([
    '9223372036854775807',
    '-9223372036854775808',
    '9007199254740993',
    '{"size":9223372036854775807,"list":[1,-9007199254740993]}',
  ])('%s comes back to the last digit', (text) => {
    expect(stringifyJson(parseJson(text))).toBe(text)
  })

  test('are numbers as far as a number is exact, and bigint beyond', () => {
    expect(parseJson('[9007199254740991,9007199254740992]')).toEqual([9007199254740991, 9007199254740992n])
  })

  test('a run of digits inside a string stays a string', () => {
    expect(parseJson('{"a":"12345678901234567890","b":1.5}')).toEqual({ a: '12345678901234567890', b: 1.5 })
  })

  test('a fraction with many digits stays a number', () => {
    expect(parseJson('0.12345678901234567')).toBe(Number('0.12345678901234567'))
  })

  test.each([
    ['12', 12],
    ['+12', 12],
    ['-12', -12],
    ['0x10', 16],
    ['-0X1f', -31],
    ['0o17', 15],
    ['0b101', 5],
    ['0u9', 9],
    ['1_000', 1000],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
  ])('text %s is read as the reference toolstack reads it', (text, value) => {
    expect(int64FromText(text)).toBe(value)
  })

  test.each(['', ' 1', '1 ', '1.0', '1e3', '_1', '0x', 'ten', '9223372036854775808', '--1'])(
    'text %j is no integer',
    (text) => {
      expect(int64FromText(text)).toBeUndefined()
    },
  )

  test.each([2n ** 63n, -(2n ** 63n) - 1n, 1.5, 2 ** 53, Number.NaN, '1', null])('%s is none', (value) => {
    expect(isInt64(value)).toBe(false)
  })
})

describe('reading', () => {
  test.each(['', ' ', '{', '[1,]', "{'a':1}", '1 2', 'null null', '{"a":1}x', 'NaN', '01', '"\\x"'])(
    '%j is not one JSON value',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError)
    },
  )

  test('takes raw control characters inside strings, and only there', () => {
    expect(parseJson('{"a":"one\ntwo\u0001","b":"q\\"\t"}')).toEqual({ a: 'one\ntwo\u0001', b: 'q"\t' })
    expect(() => parseJson('{"a":\u0001 1}')).toThrow(SyntaxError)
  })

  test('takes a megabyte of control characters in one string', () => {
    const text = '\t'.repeat(2 ** 20)
    expect(parseJson(`"${text}"`)).toBe(text)
  })

  test('a member called __proto__ is a member', () => {
    const value = parseJson('{"__proto__":{"size":1},"n":12345678901234567}') as object
    expect(Object.keys(value)).toEqual(['__proto__', 'n'])
    expect('size' in value).toBe(false)
  })
})

describe('writing', () => {
  test('is one line, whatever the strings hold', () => {
    expect(stringifyJson({ a: 'x\ny', b: 10n })).toBe('{"a":"x\\ny","b":10}')
  })

  test('leaves undefined members out, with bigint beside them too', () => {
    expect(stringifyJson({ a: undefined, b: 2n ** 62n })).toBe('{"b":4611686018427387904}')
  })

  test('refuses what is no JSON value', () => {
    expect(() => stringifyJson(undefined)).toThrow(TypeError)
  })
})
