import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BuiltPlugin } from '../../src/build/plugin.ts'
import { classOf, METHOD_NAMES, METHODS, type MethodName } from '../../src/contract/methods.ts'
import { loadValidator, parameterNames } from '../../src/contract/validate.ts'
import { definePlugin, type PluginDefinition } from '../../src/kit/index.ts'
import { answerOf, build, call, KIT, run, temporaryDirectory } from './run.ts'

const SCHEMAS = join(import.meta.dirname, '..', '..', 'schemas')
const QUERY = {
  plugin: 'all',
  name: 'All',
  description: '',
  vendor: '',
  copyright: '',
  version: '1',
  configuration: {},
}

interface Example {
  readonly params: Record<string, unknown>
  readonly result: unknown
}

function exampleOf(method: MethodName): Example {
  return JSON.parse(readFileSync(join(SCHEMAS, `${method}.json`), 'utf8')).examples[0]
}

/** A plugin that answers each method with the example of its schema, if it gets the params of the example. */
function source(): string {
  const classes = new Map<string, string[]>()
  for (const method of METHOD_NAMES.filter((name) => name !== 'Plugin.query')) {
    const { params, result } = exampleOf(method)
    const answer = `(params, context) => {
      deepStrictEqual([{ ...params }, context.method], [${JSON.stringify(params)}, '${method}'])
      return ${JSON.stringify(result)}
    }`
    const name = classOf(method)
    classes.set(name, [...(classes.get(name) ?? []), `${method.slice(name.length + 1)}: ${answer}`])
  }
  return `import { deepStrictEqual } from 'node:assert'
import { definePlugin, runPlugin } from ${JSON.stringify(KIT)}
void runPlugin(definePlugin({
  query: ${JSON.stringify(QUERY)},
  ${[...classes].map(([name, methods]) => `${name}: {\n${methods.join(',\n')}\n}`).join(',\n')}
}))
`
}

let built: BuiltPlugin
let directory: string
let remove: () => Promise<void>

beforeAll(async () => {
  const temporary = await temporaryDirectory()
  directory = temporary.path
  remove = temporary.remove
  built = await build(directory, source())
})

afterAll(() => remove())

describe.each(METHOD_NAMES)('%s', (method) => {
  test('can be implemented, called with JSON, and described', async () => {
    const { params, result } = exampleOf(method)
    const script = join(directory, method)
    const answer = await call(script, params)
    expect(answer).toMatchObject({ status: 0, stderr: '' })
    const read = (await loadValidator(method)).result(answerOf(answer), script)
    if (method !== 'Plugin.query') expect(read).toEqual((await loadValidator(method)).result(result, script))

    const help = await run(script, ['--help'])
    expect(help.status).toBe(0)
    for (const name of parameterNames(method)) {
      const title = new RegExp(`^ {2}(${name.toUpperCase()}|--${name} KEY VALUE)\\n {6}\\S`, 'm')
      expect(help.stdout).toMatch(title)
    }
  })
})

test('every method has a link, and its features are declared', async () => {
  expect(built.methods).toEqual(METHOD_NAMES)
  const { features } = answerOf(await call(join(directory, 'Plugin.query'), { dbg: '' })) as { features: string[] }
  const known = METHOD_NAMES.flatMap((method) => METHODS[method].feature ?? [])
  expect(features).toEqual([...new Set(known)])
})

test('what is no method of the interface cannot be defined', () => {
  const misspelt = { query: QUERY, Volume: { destory() {} } }
  expect(() => definePlugin(misspelt as PluginDefinition)).toThrow('Volume.destory is not a method of SMAPIv3')
})
