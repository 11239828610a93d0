import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { METHOD_NAMES, type MethodName } from '../../src/contract/methods.ts'
import { loadValidator } from '../../src/contract/validate.ts'

const SCHEMAS = join(import.meta.dirname, '..', 'schemas')

interface Sample {
  why: string
  raw: unknown
  normalised?: unknown
  names: string
}

function corpus<T>(kind: 'good' | 'bad' | 'params', method: MethodName): T {
  return JSON.parse(readFileSync(join(SCHEMAS, kind, `${method}.json`), 'utf8'))
}

describe.each(METHOD_NAMES)('%s', (method) => {
  test.each(corpus<Sample[]>('good', method))('reads a result: $why', async ({ raw, normalised }) => {
    const { result } = await loadValidator(method)
    expect(result(raw, 'script')).toEqual(normalised === undefined ? raw : normalised)
  })

  test.each(corpus<Sample[]>('bad', method))('refuses a result: $why', async ({ raw, names }) => {
    const { result } = await loadValidator(method)
    expect(() => result(raw, '/plugin/script')).toThrow(
      expect.objectContaining({ kind: 'SCRIPT_BAD_RESULT', fault: 'plugin', message: expect.stringContaining(names) }),
    )
  })

  const { good, bad } = corpus<{ good: object[]; bad: { why: string; params: unknown; names: string }[] }>(
    'params',
    method,
  )

  test.each(good.map((params) => ({ params })))('takes params $params', async ({ params }) => {
    expect((await loadValidator(method)).params(params)).toEqual(params)
  })

  test.each(bad)('refuses params: $why', async ({ params: value, names }) => {
    const { params } = await loadValidator(method)
    expect(() => params(value)).toThrow(
      expect.objectContaining({ kind: 'BAD_PARAMETERS', fault: 'caller', message: expect.stringContaining(names) }),
    )
  })

  test('has an example that is right, and enough samples', async () => {
    const schema = JSON.parse(readFileSync(join(SCHEMAS, '..', '..', 'schemas', `${method}.json`), 'utf8'))
    const validator = await loadValidator(method)
    for (const { params, result } of schema.examples) {
      expect(validator.params(params)).toEqual(params)
      expect(validator.result(result, 'example')).toEqual(result)
    }
    expect(corpus<Sample[]>('good', method).length).toBeGreaterThanOrEqual(
      schema.properties.result.type === 'null' ? 1 : 2,
    )
    expect(corpus<Sample[]>('bad', method).length).toBeGreaterThanOrEqual(3)
  })
})
