/** Params and results against the schemas: params strictly, results leniently and brought into one form. */
import { Smapiv3Error } from './errors.ts'
import { SHAPES } from './generated/shapes.ts'
import { type CompiledValidator, VALIDATORS } from './generated/validators.ts'
import { stringifyJson } from './json.ts'
import type { MethodName, Params, Result } from './methods.ts'
import { isObject, normalise } from './normalise.ts'

/** The checks of one method. */
export interface Validator<M extends MethodName> {
  /**
   * The params, in declaration order. Strict: each is there, of its type, and there is no other.
   * @throws Smapiv3Error BAD_PARAMETERS, naming the parameter
   */
  params(value: unknown): Params<M>
  /**
   * The result in its one form (see normalise.ts); unknown members stay.
   * @param script named in the error
   * @throws Smapiv3Error SCRIPT_BAD_RESULT, naming the member
   */
  result(value: unknown, script: string): Result<M>
}

/** Loads the checks of one method; those of the others are not read. */
export async function loadValidator<M extends MethodName>(method: M): Promise<Validator<M>> {
  const compiled = await VALIDATORS[method]()
  return {
    params(value) {
      const names = parameterNames(method)
      const unknown = isObject(value) ? Object.keys(value).find((name) => !names.includes(name)) : undefined
      if (unknown !== undefined) {
        throw new Smapiv3Error(
          'BAD_PARAMETERS',
          `${method} has no parameter ${quote(unknown)}; it has ${names.join(', ')}`,
        )
      }
      const problem = explain(compiled.params, value)
      if (problem !== undefined) throw new Smapiv3Error('BAD_PARAMETERS', `${method}: ${problem}`)
      const params = value as Record<string, unknown>
      return Object.fromEntries(names.map((name) => [name, params[name]])) as unknown as Params<M>
    },
    result(value, script) {
      const normalised = normalise(value, SHAPES[method].result)
      const problem = explain(compiled.result, normalised)
      if (problem !== undefined)
        throw new Smapiv3Error('SCRIPT_BAD_RESULT', `${script} printed no result of ${method}: ${problem}`)
      return normalised as Result<M>
    },
  }
}

/** Names of a method's parameters in declaration order, which is the order on a positional command line. */
export function parameterNames(method: MethodName): readonly string[] {
  const { params } = SHAPES[method]
  return params.kind === 'record' ? Object.keys(params.members) : []
}

/** What is wrong with a value, in one line that names the member, what was expected and what was seen. */
function explain(validate: CompiledValidator, value: unknown): string | undefined {
  if (validate(value)) return undefined
  const errors = validate.errors ?? []
  const depth = Math.max(...errors.map(({ instancePath }) => instancePath.split('/').length))
  const deepest = errors.filter(({ instancePath }) => instancePath.split('/').length === depth)
  const [first] = deepest
  if (first === undefined) return 'does not fit the schema'
  const member = memberPath(value, first.instancePath)
  if (first.keyword === 'required')
    return `${member.path}${member.path ? '.' : ''}${first.params.missingProperty} is missing`
  const tags = deepest.flatMap(({ keyword, params }) => (keyword === 'const' ? [String(params.allowedValue)] : []))
  const expected = tags.length > 0 ? `must be one of ${tags.map(quote).join(', ')}` : (first.message ?? 'is wrong')
  return `${member.path || 'the value'} ${expected}, not ${glimpse(member.value)}`
}

/** A JSON pointer as people write it, `[3].keys.colour`, and what it points at. */
function memberPath(root: unknown, pointer: string): { path: string; value: unknown } {
  let value = root
  let path = ''
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    path += Array.isArray(value) ? `[${name}]` : path === '' ? name : `.${name}`
    value = (value as Record<string, unknown>)[name]
  }
  return { path, value }
}

function glimpse(value: unknown): string {
  if (value === undefined) return 'absent'
  const text = stringifyJson(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function quote(text: string): string {
  return JSON.stringify(text)
}
