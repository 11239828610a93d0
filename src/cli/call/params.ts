/** The parameters of a method from a command line, converted by their shapes. */
import { SHAPES } from '../../contract/generated/shapes.ts'
import { int64, int64FromText, parseJson } from '../../contract/json.ts'
import type { MethodName } from '../../contract/methods.ts'
import { isObject } from '../../contract/normalise.ts'
import type { Shape } from '../../contract/shape.ts'
import { usage } from '../options.ts'
import { bytesOf } from '../size.ts'

type Values = Record<string, unknown>

/**
 * The parameters: those of a JSON object, and over them those given as name=value. A string is taken as it is, an
 * integer exactly, a size also as 10GiB, a boolean as true or false; a member of a dictionary is given as name.key=value;
 * everything else is JSON text. Whether the parameters are complete and right is for the schema of the method to say.
 * @throws Smapiv3Error USAGE, naming the parameter
 */
export function paramsFrom(
  method: MethodName,
  json: string | undefined,
  words: readonly string[],
  dbg: string,
): Values {
  const shape = SHAPES[method].params
  const members = shape.kind === 'record' ? shape.members : {}
  const given = new Map<string, unknown>(Object.entries({ dbg, ...(json === undefined ? {} : objectFrom(json)) }))
  const seen = new Set<string>()
  for (const [index, word] of words.entries()) {
    const end = word.indexOf('=')
    if (end < 1) throw usage(`a parameter must be name=value; parameter ${index + 1} is not`)
    const name = word.slice(0, end)
    if (seen.has(name)) throw usage(`the parameter ${name} is given twice`)
    seen.add(name)
    put(given, name, word.slice(end + 1), method, members)
  }
  return Object.fromEntries(given)
}

function put(
  given: Map<string, unknown>,
  name: string,
  text: string,
  method: MethodName,
  members: Readonly<Record<string, { readonly shape: Shape }>>,
): void {
  const [first = '', ...rest] = name.split('.')
  const exact = Object.hasOwn(members, name) ? members[name]?.shape : undefined
  const outer = Object.hasOwn(members, first) ? members[first]?.shape : undefined
  if (exact !== undefined) given.set(name, valueFrom(text, exact, name))
  else if (outer?.kind === 'dict' && rest.length > 0) {
    const dictionary = given.get(first)
    const value = valueFrom(text, outer.of, name)
    given.set(first, { ...(isObject(dictionary) ? dictionary : {}), [rest.join('.')]: value })
  } else throw usage(`${method} has no parameter ${JSON.stringify(name)}; it has ${Object.keys(members).join(', ')}`)
}

function valueFrom(text: string, shape: Shape, name: string): unknown {
  switch (shape.kind) {
    case 'string':
      return text
    case 'boolean':
      return booleanFrom(text, name)
    case 'int64':
      return shape.minimum === undefined ? integerFrom(text, name) : int64(bytesOf(text))
    default:
      return jsonFrom(text, name)
  }
}

function booleanFrom(text: string, name: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw usage(`${name} must be true or false; seen: ${JSON.stringify(text)}`)
}

function integerFrom(text: string, name: string): number | bigint {
  const value = int64FromText(text)
  if (value === undefined) throw usage(`${name} must be an integer of 64 bits; seen: ${JSON.stringify(text)}`)
  return value
}

function objectFrom(json: string): Values {
  const value = jsonFrom(json, '--params')
  if (!isObject(value)) throw usage('--params must be a JSON object')
  return value
}

/** The message of a parser may repeat a piece of the text, which may be secret: only the position is taken from it. */
function jsonFrom(text: string, name: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    const position = /position \d+/.exec(cause instanceof Error ? cause.message : '')?.[0]
    throw usage(`${name} is not JSON${position === undefined ? '' : ` (at ${position})`}`)
  }
}
