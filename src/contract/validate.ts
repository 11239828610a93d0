/** Params and results against the schemas: params strictly, results leniently and brought into one form. */
import { Smapiv3Error } from './errors.ts'
import { explain } from './explain.ts'
import { SHAPES } from './generated/shapes.ts'
import { type CompiledValidator, VALIDATORS } from './generated/validators.ts'
import type { MethodName, Params, Result } from './methods.ts'
import { isObject, normalise } from './normalise.ts'
import type { Shape } from './shape.ts'

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
          `${method} has no parameter ${JSON.stringify(unknown)}; it has ${names.join(', ')}`,
        )
      }
      const problem = problemWith(value, compiled.params, SHAPES[method].params)
      if (problem !== undefined) throw new Smapiv3Error('BAD_PARAMETERS', `${method}: ${problem}`)
      const params = value as Record<string, unknown>
      return Object.fromEntries(names.map((name) => [name, params[name]])) as unknown as Params<M>
    },
    result(value, script) {
      const normalised = normalise(value, SHAPES[method].result)
      const problem = problemWith(normalised, compiled.result, SHAPES[method].result)
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

/** What is wrong with a value, in one line that names the member; undefined where the validator takes it. */
function problemWith(value: unknown, validate: CompiledValidator, shape: Shape): string | undefined {
  if (validate(value)) return undefined
  return explain(value, shape) ?? validate.errors?.[0]?.message ?? 'does not fit the schema'
}
