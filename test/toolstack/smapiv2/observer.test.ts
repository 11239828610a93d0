import { describe, expect, test } from 'vitest'
import { Observers } from '../../../src/toolstack/smapiv2/observer.ts'

function observers() {
  const all = new Observers()
  const call = (method: string, params: object) =>
    all.handle(JSON.stringify({ method, params: [{ dbg: 'D', ...params }], id: 1 }))
  const create = (uuid: string, bool: boolean) =>
    call('Observer.create', { bool, endpoints: ['bugtool'], dict: { a: 'b' }, name_label: 'obs', uuid })
  return { all, call, create }
}

const OK = '{"result":null,"error":null,"id":0}'

describe('tracing', () => {
  test('is off until an observer is enabled, and off again when none is', async () => {
    const { all, call, create } = observers()
    expect(all.tracing).toBe(false)
    expect(await create('a', false)).toBe(OK)
    expect(all.tracing).toBe(false)
    expect(await call('Observer.set_enabled', { uuid: 'a', bool: true })).toBe(OK)
    expect(all.tracing).toBe(true)
    expect(await call('Observer.set_enabled', { uuid: 'a', bool: false })).toBe(OK)
    expect(all.tracing).toBe(false)
  })

  test('stays on while another observer is enabled', async () => {
    const { all, call, create } = observers()
    await create('a', true)
    await create('b', true)
    expect(await call('Observer.destroy', { uuid: 'a' })).toBe(OK)
    expect(all.tracing).toBe(true)
    await call('Observer.destroy', { uuid: 'b' })
    expect(all.tracing).toBe(false)
  })
})

test('14: every message is answered in an envelope, so that no caller waits for ever', async () => {
  const { all, call } = observers()
  expect(await call('Observer.init', {})).toBe(
    '{"result":null,"error":["Unimplemented","Observer_skeleton.Observer.init"],"id":0}',
  )
  for (const payload of [
    'not JSON',
    '{"method":"Observer.x","params":[{}],"id":1}',
    '{"method":"Observer.destroy","params":[],"id":1}',
  ])
    expect(JSON.parse(await all.handle(payload))).toEqual({
      result: null,
      error: ['Internal_error', expect.any(String)],
      id: 0,
    })
  expect(JSON.parse(await call('Observer.create', { uuid: 'a' })).error).toEqual([
    'Internal_error',
    'name_label is missing',
  ])
})
