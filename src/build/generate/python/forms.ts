/** What params and results look like, as expressions over the classes of `_shapes.py`. */
import { definitionName, type Schema } from '../schemas.ts'
import { quoted } from './text.ts'

/** A form in one expression; records and variants by the name of their constant. */
export function formOf(schema: Schema, types: Schema): string {
  const secret = schema['x-secret'] !== undefined
  if (schema.$ref !== undefined) {
    const name = definitionName(schema.$ref)
    const definition = definitionOf(name, types)
    return isNamed(definition) ? constant(name) : formOf(definition, types)
  }
  switch (schema.type) {
    case 'string':
      return secret ? '_shapes.SECRET' : '_shapes.STRING'
    case 'boolean':
      return '_shapes.BOOL'
    case 'integer':
      return '_shapes.INT64'
    case 'number':
      return '_shapes.FLOAT'
    case 'null':
      return '_shapes.UNIT'
    case 'object':
      return secret ? '_shapes.Dict(is_secret=True)' : '_shapes.Dict()'
    case 'array':
      return Array.isArray(schema.items)
        ? `_shapes.Pair(${schema.items.map((item) => formOf(item, types)).join(', ')})`
        : `_shapes.List(${formOf(schema.items as Schema, types)})`
    default:
      throw new Error(`no form in Python is known for ${JSON.stringify(schema)}`)
  }
}

/** The records and variants that the schemas use, as constants, each after those that it uses itself. */
export function constantsFor(types: Schema, schemas: readonly Schema[]): string {
  const texts = new Map<string, string>()
  const visit = (schema: Schema): void => {
    for (const [, name = ''] of JSON.stringify(schema).matchAll(/"\$ref":"[^"]*\/([^"/]+)"/g)) {
      const definition = definitionOf(name, types)
      if (texts.has(name) || !isNamed(definition)) continue
      visit(definition)
      texts.set(name, `${constant(name)} = ${definitionText(name, definition, types)}\n`)
    }
  }
  schemas.forEach(visit)
  return [...texts.values()].join('')
}

function definitionText(name: string, { anyOf, properties = {}, required = [] }: Schema, types: Schema): string {
  if (anyOf)
    return `_shapes.Variant(${quoted(name)}, {${anyOf.map((alternative) => tag(alternative, types)).join(', ')}})`
  const members = Object.entries(properties).map(
    ([member, form]) => `        ${quoted(member)}: ${formOf(form, types)},\n`,
  )
  const optional = Object.keys(properties).filter((member) => !required.includes(member))
  const end =
    optional.length === 0 ? '' : `    optional=(${optional.map((member) => `${quoted(member)},`).join(' ')}),\n`
  return `_shapes.Record(\n    ${quoted(name)},\n    {\n${members.join('')}    },\n${end})`
}

function tag(schema: Schema, types: Schema): string {
  if (schema.const !== undefined) return `${quoted(schema.const)}: None`
  const [name, payload] = schema.items as readonly Schema[]
  return `${quoted(name?.const ?? '')}: ${formOf(payload ?? {}, types)}`
}

function definitionOf(name: string, types: Schema): Schema {
  const definition = types.definitions?.[name]
  if (definition === undefined) throw new Error(`${name} is not defined`)
  return definition
}

/** Records and variants stand once in a module; strings and integers stand where they are used. */
function isNamed({ title }: Schema): boolean {
  return title !== undefined
}

function constant(definition: string): string {
  return `_${definition.toUpperCase()}`
}
