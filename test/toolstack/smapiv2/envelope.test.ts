import { describe, expect, test } from 'vitest'
import { NotARequest, parseRequest, writeAnswer } from '../../../src/toolstack/smapiv2/envelope.ts'
import { float } from '../../../src/toolstack/smapiv2/json-text.ts'
import { MarshalError } from '../../../src/toolstack/smapiv2/marshal.ts'
import { operation, vdiInfo } from '../../../src/toolstack/smapiv2/records.ts'

describe('a request', () => {
  test.each([
    ['V1', '{"method":"M","params":[{"dbg":"d"}],"id":1}'],
    ['V1 with an id that is text', '{"method":"M","params":[{"dbg":"d"}],"id":"a"}'],
    ['V1 with a large id', '{"method":"M","params":[{"dbg":"d"}],"id":123456789012345678901234567890}'],
    ['V2 with an object', '{"jsonrpc":"2.0","method":"M","params":{"dbg":"d"},"id":1}'],
    ['V2 with an array', '{"jsonrpc":"2.0","method":"M","params":[{"dbg":"d"}],"id":1}'],
    ['whose members stand twice', '{"method":"M","method":"N","params":[{"dbg":"d","dbg":"e"}],"id":1}'],
  ])('of the form %s is read', (_, payload) => {
    expect(parseRequest(payload)).toEqual({ method: 'M', params: { dbg: 'd' } })
  })

  test.each([
    ['{"method":"M","params":[],"id":1}'],
    ['{"method":"M","params":["d"],"id":1}'],
    ['{"method":"M","params":[{},{}],"id":1}'],
    ['{"jsonrpc":"2.0","method":"M","id":1}'],
    ['{"jsonrpc":"2.0","method":"M","params":null,"id":1}'],
  ])('%s has no named parameters', (payload) => {
    expect(parseRequest(payload)).toEqual({ method: 'M', params: undefined })
  })

  test.each([
    ['{"method":"M","params":[{}]}'],
    ['{"method":"M","params":[{}],"id":null}'],
    ['{"method":"M","params":[{}],"id":1.5}'],
    ['{"method":"M","params":{},"id":1}'],
    ['{"method":"M","params":null,"id":1}'],
    ['{"method":"M","id":1}'],
    ['{"params":[{}],"id":1}'],
    ['{"jsonrpc":"1.0","method":"M","params":[{}],"id":1}'],
    ['{"method":"M","params":[{}],"id":1} x'],
    ['[]'],
    ['null'],
    [''],
  ])('%s is refused', (payload) => {
    expect(() => parseRequest(payload)).toThrow(NotARequest)
  })
})

describe('an answer', () => {
  test('is written as the reference writes it', () => {
    const result = {
      text: '"\\\b\n\f\r\t\u0001\u007f/é',
      size: 2n ** 63n - 1n,
      whole: float(1),
      part: float(0.25),
      none: undefined,
    }
    expect(writeAnswer({ result })).toBe(
      '{"result":{"text":"\\"\\\\\\b\\n\\f\\r\\t\\u0001\\u007f/é","size":9223372036854775807,"whole":1.0,"part":0.25},"error":null,"id":0}',
    )
    expect(writeAnswer({ error: ['Unimplemented', 'X'] })).toBe('{"result":null,"error":["Unimplemented","X"],"id":0}')
  })
})

describe('a record that a caller sends', () => {
  const least = { vdi: 'v', name_label: 'n' }

  test('has defaults for what is absent or of the wrong type', () => {
    const read = vdiInfo({ ...least, ty: 5, tags: 'x', virtual_size: 1.5, persistent: null }, 'vdi_info')
    expect(read).toMatchObject({ ty: 'user', tags: [], virtual_size: 0, persistent: true, sm_config: {} })
    expect(read.snapshot_time).toBe('19700101T00:00:00Z')
  })

  test('is read by names in any case, the first of which counts, and integers in text', () => {
    const read = vdiInfo({ ...least, Virtual_Size: '0x10', virtual_size: 5, unknown: 1 }, 'vdi_info')
    expect(read.virtual_size).toBe(16)
    expect(vdiInfo({ ...least, virtual_size: '9_223_372_036_854_775_807' }, '').virtual_size).toBe(2n ** 63n - 1n)
  })

  test.each([[{ vdi: 'v' }], [{ ...least, vdi: 1 }], [{ ...least, uuid: null }], ['v'], [[]]])(
    '%j is refused',
    (value) => {
      expect(() => vdiInfo(value, 'vdi_info')).toThrow(MarshalError)
    },
  )

  test('of an operation has its tag in any case', () => {
    expect(operation(['mirrorv1', 'job'], 'operation')).toEqual(['MirrorV1', 'job'])
    for (const bad of [['Other', 'job'], ['MirrorV1'], 'MirrorV1', ['MirrorV1', 1]])
      expect(() => operation(bad, 'operation')).toThrow(MarshalError)
  })
})
