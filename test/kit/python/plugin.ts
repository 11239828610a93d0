/** A plugin on the package for Python, called as a toolstack and as people call it. */
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync } from 'tmp-promise'
import { afterAll } from 'vitest'
import type { MethodName } from '../../../src/contract/methods.ts'
import { type Run, run } from '../run.ts'

const REPOSITORY = join(import.meta.dirname, '../../..')
export const PACKAGE = join(REPOSITORY, 'src/kit/python')
const PLUGIN = join(REPOSITORY, 'test/plugins/skeletons.py')

/** With the package, into which nothing is written: other tests copy it meanwhile. */
export const ENVIRONMENT = { PYTHONPATH: PACKAGE, PYTHONDONTWRITEBYTECODE: '1' } as const

/** One link for each method that a test calls; the tests may run at the same time. */
const { name: LINKS, removeCallback } = dirSync({ prefix: 'smapiv3-python-', unsafeCleanup: true })
afterAll(() => removeCallback())

export interface Example {
  readonly params: Record<string, unknown>
  readonly result: unknown
}

export function exampleOf(method: MethodName): Example {
  return JSON.parse(readFileSync(join(REPOSITORY, 'schemas', `${method}.json`), 'utf8')).examples[0]
}

export interface Call {
  /** What the method returns, as a Python expression. */
  readonly answer?: string
  /** What the method does instead, by its name in the plugin. */
  readonly behaviour?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** Runs the plugin under the name of a method. */
export function runMethod(method: string, words: readonly string[], input: string, call: Call): Promise<Run> {
  const script = join(LINKS, method)
  if (!existsSync(script)) symlinkSync(PLUGIN, script)
  const env = {
    PATH: process.env.PATH ?? '',
    ...ENVIRONMENT,
    ...(call.answer === undefined ? {} : { ANSWER: call.answer }),
    ...(call.behaviour === undefined ? {} : { BEHAVIOUR: call.behaviour }),
    ...call.environment,
  }
  return run(script, words, { input, env })
}

/** Calls a method as a toolstack does. */
export function callJson(method: string, params: unknown, call: Call): Promise<Run> {
  return runMethod(method, ['--json'], `${JSON.stringify(params)}\n`, call)
}

/** A value of JSON as an expression in Python, with a tuple for each pair of numbers. */
export function python(value: unknown): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) {
    const items = value.map(python).join(', ')
    return value.length === 2 && value.every(Number.isInteger) ? `(${items})` : `[${items}]`
  }
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}: ${python(member)}`)
    .join(', ')}}`
}
