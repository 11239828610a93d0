/** The params of a request against the shape of the method, refused as plugins in Python refuse them. */
import { explain } from '../contract/explain.ts'
import { SHAPES } from '../contract/generated/shapes.ts'
import { stringifyJson } from '../contract/json.ts'
import type { MethodName } from '../contract/methods.ts'
import { isObject } from '../contract/normalise.ts'
import type { Member, Shape } from '../contract/shape.ts'
import { PluginError } from './errors.ts'

/** What the base package of plugins in Python calls the types, by the kind of their shape. */
const TYPE_NAMES: Readonly<Record<Shape['kind'], string>> = {
  string: 'string',
  boolean: 'bool',
  int64: 'int64',
  float: 'float',
  unit: 'None',
  list: 'list',
  tuple: 'tuple',
  dict: 'dict',
  record: 'dict',
  variant: 'variant',
}

/** Parameters of a method in declaration order, which is the order on the command line. */
export function parametersOf(method: MethodName): readonly (readonly [name: string, member: Member])[] {
  const { params } = SHAPES[method]
  return params.kind === 'record' ? Object.entries(params.members) : []
}

/**
 * The parameters that the method has; others are ignored.
 * @throws PluginError where one is missing or of a wrong type
 */
export function checkParams(method: MethodName, request: unknown): Record<string, unknown> {
  if (!isObject(request)) throw typeError('dict', request, SHAPES[method].params)
  return Object.fromEntries(
    parametersOf(method).map(([name, { shape }]) => {
      if (!Object.hasOwn(request, name)) throw missing(name)
      if (explain(request[name], shape) !== undefined) throw typeError(TYPE_NAMES[shape.kind], request[name], shape)
      return [name, request[name]]
    }),
  )
}

function missing(name: string): PluginError {
  return refusal('UnmarshalException', `thing=argument missing ty=${name} desc=`)
}

function typeError(expected: string, actual: unknown, shape: Shape): PluginError {
  return refusal('TypeError', `expected=${expected} actual=${glimpse(actual, shape)}`)
}

function refusal(name: string, text: string): PluginError {
  return new PluginError('SR_BACKEND_FAILURE', [name, `${name} ${text}`])
}

/** The value where it can hold no secret, otherwise only its type: error messages are logged. */
function glimpse(value: unknown, shape: Shape): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value)
  if (shape.kind === 'string' || shape.kind === 'int64' || shape.kind === 'boolean') {
    const text = stringifyJson(value)
    if (!('secret' in shape) && text.length <= 80 && typeof value !== 'object') return text
  }
  return Array.isArray(value) ? 'list' : typeof value === 'object' ? 'dict' : typeof value
}
