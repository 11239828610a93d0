import { _, Ajv, type AnySchema } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { BANNER, type Schemas } from './schemas.ts'

/**
 * The validators, compiled ahead of time: one file for each method, so that a single call loads only its own, and a
 * table that loads them.
 */
export function generateValidators({ types, methods }: Schemas): [string, string][] {
  const names = [...methods.keys()]
  const files = [...methods].map(([name, schema]): [string, string] => [
    `validators/${name}.js`,
    BANNER + compileMethod(name, withInt64(types), withInt64(schema)),
  ])
  return [...files, ['validators.ts', loaders(names)]]
}

/** A compiler of its own for each method, so that the text of one does not depend on the others. */
function compileMethod(name: string, types: AnySchema, schema: AnySchema): string {
  const ajv = new Ajv({
    code: { source: true, esm: true, lines: true },
    strict: true,
    unicodeRegExp: false,
    messages: true,
  })
  ajv.addKeyword({
    keyword: 'int64',
    schemaType: 'object',
    error: {
      message: ({ schema }) =>
        'minimum' in schema ? 'must be a 64-bit integer, not negative' : 'must be a 64-bit integer',
    },
    code(cxt) {
      const { data } = cxt
      const [least, leastSafe] = 'minimum' in cxt.schema ? [_`0n`, _`0`] : [_`-(2n ** 63n)`, _`Number.MIN_SAFE_INTEGER`]
      const big = _`${data} >= ${least} && ${data} < 2n ** 63n`
      cxt.pass(_`typeof ${data} == "bigint" ? ${big} : Number.isSafeInteger(${data}) && ${data} >= ${leastSafe}`)
    },
  })
  ajv.addSchema([types, schema])
  return standalone.default(ajv, {
    params: `${name}.json#/properties/params`,
    result: `${name}.json#/properties/result`,
  })
}

/** What the validator does not need, and would carry about as text. */
const FOR_PEOPLE = ['description', 'title', 'examples', 'tsType', 'x-secret']

/** The bare schema, with the keyword `int64` in the place of `integer`: a bigint is an integer too. */
function withInt64(schema: object): AnySchema {
  return JSON.parse(JSON.stringify(schema), (_key, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const bare = Object.fromEntries(
      Object.entries(value).filter(([name, member]) => !(FOR_PEOPLE.includes(name) && isText(member))),
    )
    if (bare.type !== 'integer') return bare
    const { type: _type, format, minimum, ...rest } = bare
    if (format !== 'int64') throw new Error('an integer needs the format int64')
    return { ...rest, int64: minimum === undefined ? {} : { minimum } }
  })
}

/** A description, and not a member of a record that happens to be called so. */
function isText(member: unknown): boolean {
  return typeof member === 'string' || Array.isArray(member)
}

function loaders(names: readonly string[]): string {
  const rows = names.map(
    (name) => `  '${name}': () => import('./validators/${name}.js') as Promise<CompiledValidators>,\n`,
  )
  return `${BANNER}import type { Methods } from './types.ts'

/** A validator as ajv compiles it: whether the value is right, and otherwise what is wrong. */
export interface CompiledValidator {
  (value: unknown): boolean
  errors?: readonly { message?: string }[] | null
}

export interface CompiledValidators {
  readonly params: CompiledValidator
  readonly result: CompiledValidator
}

/** Method → loads its validators; a call loads only its own. */
export const VALIDATORS: Readonly<Record<keyof Methods, () => Promise<CompiledValidators>>> = {
${rows.join('')}}
`
}
