import { describe, expect, test } from 'vitest'
import { paramsFrom } from '../../src/cli/call/params.ts'
import { configurationFrom, wordsOf } from '../../src/cli/configuration.ts'

const usage = (message: unknown) => expect.objectContaining({ kind: 'USAGE', message })

describe('parameters of a call', () => {
  test('are converted by their shapes', () => {
    const words = ['sr=s', 'name=a=b', 'description=', 'size=10GiB', 'sharable=true']
    expect(paramsFrom('Volume.create', undefined, words, 'd')).toEqual({
      dbg: 'd',
      sr: 's',
      name: 'a=b',
      description: '',
      size: 10 * 2 ** 30,
      sharable: true,
    })
  })

  test('keep every digit of an integer', () => {
    const params = paramsFrom('Volume.list_changed_blocks', undefined, ['offset=9223372036854775807', 'length=-1'], 'd')
    expect(params).toMatchObject({ offset: 9223372036854775807n, length: -1 })
    expect(paramsFrom('Volume.create', '{"size":9223372036854775807}', [], 'd')).toMatchObject({ size: 2n ** 63n - 1n })
  })

  test('of a dictionary come one by one, or as JSON', () => {
    const wanted = { configuration: { uri: 'file:///x', 'a.b': '1' } }
    const words = ['configuration.uri=file:///x', 'configuration.a.b=1']
    expect(paramsFrom('SR.attach', undefined, words, 'd')).toMatchObject(wanted)
    expect(paramsFrom('SR.attach', '{"configuration":{"uri":"no","a.b":"1"}}', words.slice(0, 1), 'd')).toMatchObject(
      wanted,
    )
    expect(
      paramsFrom('SR.attach', undefined, [`configuration=${JSON.stringify(wanted.configuration)}`], 'd'),
    ).toMatchObject(wanted)
  })

  test('of other kinds are JSON', () => {
    expect(paramsFrom('Data.stat', undefined, ['operation=["CopyV1","x"]'], 'd')).toMatchObject({
      operation: ['CopyV1', 'x'],
    })
  })

  test('a name that an object has anyway is only a name', () => {
    expect(() => paramsFrom('SR.stat', undefined, ['constructor=x'], 'd')).toThrow(/no parameter "constructor"/)
    expect(paramsFrom('SR.attach', undefined, ['configuration.__proto__=x'], 'd').configuration).toSatisfy(
      (value: object) => Object.keys(value).includes('__proto__'),
    )
  })

  test.each([
    ['size=-', /size/],
    ['size=9223372036854775808', /2\^63/],
    ['sharable=yes', /true or false/],
    ['nothing', /name=value/],
    ['=x', /name=value/],
    ['other=x', /no parameter "other"/],
    ['sr.x=y', /no parameter "sr.x"/],
  ])('%s is refused', (word, message) => {
    expect(() => paramsFrom('Volume.create', undefined, [word], 'd')).toThrow(usage(expect.stringMatching(message)))
  })

  test.each(['', '{', '[]', '1', 'null', '{"a":1} x'])('--params %j is refused', (json) => {
    expect(() => paramsFrom('SR.stat', json, [], 'd')).toThrow(usage(expect.stringContaining('--params')))
  })

  test('given twice are refused', () => {
    expect(() => paramsFrom('SR.stat', undefined, ['sr=a', 'sr=b'], 'd')).toThrow(/twice/)
  })
})

describe('the configuration of an SR', () => {
  test('is words of key=value', () => {
    expect(configurationFrom(['uri=a=b', 'empty='])).toEqual({ uri: 'a=b', empty: '' })
  })

  test('is refused without repeating what may be secret', () => {
    expect(() => configurationFrom(['hunter2'])).toThrow(expect.not.stringContaining('hunter2'))
    expect(() => configurationFrom(['a=hunter2', 'a=hunter3'])).toThrow(usage('the configuration gives "a" twice'))
  })

  test('is shown without its secrets', () => {
    expect(wordsOf({ uri: 'smb://u:hunter2@h/s', password: 'hunter2', name: "it's" })).not.toContain('hunter2')
  })
})
