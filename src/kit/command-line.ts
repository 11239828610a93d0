/**
 * The mode for people and boot-time tools (SMAPIv3 script protocol, section 15): params as arguments, the result as
 * JSON on stdout, a failure as text on stderr. What is read how follows from the shape of the parameter.
 */
import { explain } from '../contract/explain.ts'
import { int64FromText, parseJson } from '../contract/json.ts'
import type { MethodName } from '../contract/methods.ts'
import type { Shape } from '../contract/shape.ts'
import type { Plugin } from './define.ts'
import { describeFailure } from './failure.ts'
import { describeMethod, usageOf } from './help.ts'
import type { Outcome } from './outcome.ts'
import { parametersOf } from './params.ts'
import { cleanerOf, runMethod } from './run-method.ts'

/** The words on the command line do not make params of the method. */
class UsageError extends Error {}

/** Runs the method with the params that the words stand for, or prints its help. */
export async function answerCommandLine(
  plugin: Plugin,
  method: MethodName,
  words: readonly string[],
): Promise<Outcome> {
  let params: Record<string, unknown> | 'help'
  try {
    params = readWords(method, words)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { status: 2, stderr: `${usageOf(method)}\n${method}: ${error.message}\n` }
  }
  if (params === 'help') return { status: 0, stdout: describeMethod(method) }
  try {
    return { status: 0, stdout: `${await runMethod(plugin, method, params)}\n` }
  } catch (thrown) {
    return { status: 1, stderr: `${method}: ${describeFailure(thrown, cleanerOf(method, params))}` }
  }
}

/** Positional words in declaration order; a dict is an option that may be repeated: `--configuration KEY VALUE`. */
function readWords(method: MethodName, words: readonly string[]): Record<string, unknown> | 'help' {
  const parameters = parametersOf(method).map(([name, { shape }]) => ({ name, shape }))
  const dicts = new Map(parameters.flatMap(({ name, shape }) => (shape.kind === 'dict' ? [[`--${name}`, name]] : [])))
  const params: Record<string, unknown> = Object.fromEntries([...dicts.values()].map((name) => [name, {}]))
  const positional = parameters.filter(({ name }) => !(name in params))
  const rest = [...words]
  let optionsEnded = false
  let position = 0
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const dict = dicts.get(word)
    if (optionsEnded || !isOption(word)) {
      const parameter = positional[position++]
      if (parameter === undefined) throw new UsageError(`one argument too many, at number ${position}`)
      params[parameter.name] = readValue(word, parameter.name, parameter.shape)
    } else if (word === '--') {
      optionsEnded = true
    } else if (word === '-h' || word === '--help') {
      return 'help'
    } else if (dict !== undefined) {
      const [key, value] = rest.splice(0, 2)
      if (key === undefined || value === undefined) throw new UsageError(`${word} takes a key and a value`)
      params[dict] = { ...(params[dict] as object), [key]: value }
    } else {
      throw new UsageError(`no such option: ${word}`)
    }
  }
  const missing = positional.slice(position).map(({ name }) => name)
  if (missing.length > 0) throw new UsageError(`missing: ${missing.join(', ')}`)
  return params
}

/** A lone dash and a negative number are values. */
function isOption(word: string): boolean {
  return /^-[^0-9]/.test(word)
}

function readValue(word: string, name: string, shape: Shape): unknown {
  const value = fromText(word, shape)
  const problem = explain(value, shape, name)
  if (problem !== undefined) throw new UsageError(problem)
  return value
}

/** What a word stands for; where it is nothing of that kind, the word itself, for the check to name. */
function fromText(word: string, shape: Shape): unknown {
  switch (shape.kind) {
    case 'string':
      return word
    case 'boolean':
      return { true: true, false: false }[word.toLowerCase()] ?? word
    case 'int64':
      return int64FromText(word) ?? word
    default:
      return fromJson(word)
  }
}

function fromJson(word: string): unknown {
  try {
    return parseJson(word)
  } catch {
    return word
  }
}
