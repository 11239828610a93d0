import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { staleFiles } from '../../src/build/generate.ts'
import { asSmapiv3Error, ERRORS, type ErrorKind, Smapiv3Error } from '../../src/contract/errors.ts'
import { classOf, isMethodName, METHOD_NAMES, METHODS } from '../../src/contract/methods.ts'
import { schemeOf } from '../../src/contract/uri.ts'
import { loadValidator, parameterNames } from '../../src/contract/validate.ts'

const ROOT = join(import.meta.dirname, '..', '..')

test('the generated files are what the schemas ask for', async () => {
  expect(await staleFiles()).toEqual([])
})

describe('methods', () => {
  test('each of the interface is there, once', () => {
    const numbers: Record<string, number> = {}
    for (const name of METHOD_NAMES.map(classOf)) numbers[name] = (numbers[name] ?? 0) + 1
    expect(numbers).toEqual({ Plugin: 3, SR: 9, Volume: 19, Datapath: 8, Data: 6, Task: 4 })
  })

  test('dbg comes first, and the order is that of the declaration', () => {
    for (const method of METHOD_NAMES) expect(parameterNames(method)[0]).toBe('dbg')
    expect(parameterNames('Volume.revert')).toEqual(['dbg', 'sr', 'snapshot', 'key'])
    expect(parameterNames('Volume.create')).toEqual(['dbg', 'sr', 'name', 'description', 'size', 'sharable'])
  })

  test('every deadline is generous and finite', () => {
    for (const method of METHOD_NAMES) expect(METHODS[method].deadline, method).toBeGreaterThanOrEqual(60)
  })

  test.each(['Volume.Stat', 'toString', '__proto__', 'constructor', 'Volume', ''])('%j is no method', (name) => {
    expect(isMethodName(name)).toBe(false)
  })
})

describe('errors', () => {
  test('say who is at fault, what was seen and what to do', () => {
    const error = new Smapiv3Error('SCRIPT_TIMED_OUT', 'Volume.stat took longer than 5 s', { stderr: 'waiting' })
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'SCRIPT_TIMED_OUT',
      fault: 'plugin',
      message: 'Volume.stat took longer than 5 s',
      recovery: ERRORS.SCRIPT_TIMED_OUT.recovery,
      stderr: 'waiting',
    })
    expect(error.exitStatus).toBe(5)
  })

  test('keep the code and params of a plugin', () => {
    const error = new Smapiv3Error('PLUGIN_ERROR', 'm', { code: 'SR_BACKEND_FAILURE_44', params: ['full'] })
    expect(error.toJSON()).toMatchObject({ code: 'SR_BACKEND_FAILURE_44', params: ['full'] })
  })

  test('what was thrown and is none is a defect of the host', () => {
    const thrown = new TypeError('x is undefined')
    expect(asSmapiv3Error(thrown)).toMatchObject({
      kind: 'INTERNAL',
      fault: 'host',
      message: 'x is undefined',
      cause: thrown,
    })
  })

  test('the README has the table', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    for (const kind of Object.keys(ERRORS) as ErrorKind[]) {
      const { fault, exitStatus, meaning } = ERRORS[kind]
      expect(readme, kind).toContain(`| \`${kind}\` | ${fault} | ${exitStatus} | ${meaning} |`)
    }
  })
})

describe('params are read strictly', () => {
  test('a parameter that the method does not have is refused by name', async () => {
    const { params } = await loadValidator('Plugin.query')
    expect(() => params({ dbg: '', sr: 'x' })).toThrow('Plugin.query has no parameter "sr"; it has dbg')
  })

  test('they come back in the order of the declaration', async () => {
    const { params } = await loadValidator('Volume.stat')
    expect(Object.keys(params({ key: 'k', dbg: '', sr: 's' }))).toEqual(['dbg', 'sr', 'key'])
  })

  test.each([-1, 2n ** 63n, 1.5, '1', null])('a size of %s is refused', async (new_size) => {
    const { params } = await loadValidator('Volume.resize')
    expect(() => params({ dbg: '', sr: 's', key: 'k', new_size })).toThrow(/new_size must be/)
  })

  test('the largest size is taken', async () => {
    const value = { dbg: '', sr: 's', key: 'k', new_size: 2n ** 63n - 1n }
    expect((await loadValidator('Volume.resize')).params(value)).toEqual(value)
  })
})

test.each([
  ['NBD+unix:///x?socket=/s', 'nbd+unix'],
  ['file:///a', 'file'],
  ['/a/b', undefined],
  ['3x://a', undefined],
  ['', undefined],
])('the scheme of %j is %s', (uri, scheme) => {
  expect(schemeOf(uri)).toBe(scheme)
})
