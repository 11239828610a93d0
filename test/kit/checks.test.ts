/** The kit checks with the shapes alone; what the host's validators say about the same samples must be what it says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { METHOD_NAMES, type MethodName } from '../../src/contract/methods.ts'
import { loadValidator } from '../../src/contract/validate.ts'
import { PluginError } from '../../src/kit/errors.ts'
import { checkParams, parametersOf } from '../../src/kit/params.ts'
import { printResult, WrongResult } from '../../src/kit/result.ts'

const SAMPLES = join(import.meta.dirname, '..', 'schemas')

interface Sample {
  readonly why: string
  readonly raw: unknown
  readonly normalised?: unknown
}

interface ParamsSamples {
  readonly good: readonly object[]
  readonly bad: readonly { readonly why: string; readonly params: unknown }[]
}

function samples<T>(kind: 'good' | 'bad' | 'params', method: MethodName): T {
  return JSON.parse(readFileSync(join(SAMPLES, kind, `${method}.json`), 'utf8'))
}

describe.each(METHOD_NAMES)('%s', (method) => {
  test.each(samples<Sample[]>('good', method))('prints a result: $why', async ({ raw, normalised = raw }) => {
    const printed = JSON.parse(printResult(method, raw))
    expect((await loadValidator(method)).result(printed, 'script')).toEqual(normalised)
  })

  const bad = samples<Sample[]>('bad', method)
  test.each(bad)('prints no result that a reader would refuse: $why', ({ raw }) => {
    const isUnit = samples<Sample[]>('good', method)[0]?.raw === null
    if (isUnit) expect(printResult(method, raw)).toBe('null')
    else expect(() => printResult(method, raw)).toThrow(WrongResult)
  })

  const params = samples<ParamsSamples>('params', method)
  test.each(params.good.map((good) => ({ good })))('takes params $good', ({ good }) => {
    expect(checkParams(method, good)).toEqual(good)
  })

  const names = parametersOf(method).map(([name]) => name)
  test.each(params.bad)('refuses params unless they are only more than it knows: $why', ({ params: request }) => {
    const known = Object.entries(request ?? {}).filter(([name]) => names.includes(name))
    const isOnlyMore = known.length === names.length && known.length < Object.keys(request as object).length
    if (isOnlyMore) expect(checkParams(method, request)).toEqual(Object.fromEntries(known))
    else expect(() => checkParams(method, request)).toThrow(PluginError)
  })
})
