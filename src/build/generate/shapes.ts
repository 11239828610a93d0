import type { Member, Shape } from '../../contract/shape.ts'
import { BANNER, definitionName, type Schema, type Schemas } from './schemas.ts'

/** Where a name of a shared shape stands in the generated text instead of a copy of it. */
const NAME = '@name:'

/**
 * The shapes: a function for each shared definition, and `SHAPES`: method → shapes of its params and result. A process that
 * serves one call makes those of its method only.
 */
export function generateShapes({ types, methods }: Schemas): string {
  const definitions = sortByUse(types.definitions ?? {}).map(
    ([name, schema]) => `const ${constant(name)} = (): Shape => (${literal(shapeOf(schema))})\n`,
  )
  const rows = [...methods].map(([name, { properties }]) => {
    const params = properties?.params ?? {}
    const result = properties?.result ?? {}
    return `  get '${name}'(): MethodShapes {\n    return { params: ${literal(shapeOf(params))}, result: ${literal(shapeOf(result))} }\n  },\n`
  })
  return `${BANNER}import type { Shape } from '../shape.ts'
import type { Methods } from './types.ts'

${definitions.join('')}
interface MethodShapes {
  readonly params: Shape
  readonly result: Shape
}

/** Method → shapes of its params and result, made when they are asked for. */
export const SHAPES: Readonly<Record<keyof Methods, MethodShapes>> = {
${rows.join('')}}
`
}

function shapeOf(schema: Schema): Shape | string {
  if (schema.$ref !== undefined) return NAME + constant(definitionName(schema.$ref))
  if (schema.anyOf) return { kind: 'variant', tags: Object.fromEntries(schema.anyOf.map(tag)) }
  switch (schema.type) {
    case 'string':
      return { kind: 'string', ...(schema['x-secret'] === 'uri' ? { secret: 'uri' } : {}) }
    case 'boolean':
      return { kind: 'boolean' }
    case 'integer':
      return { kind: 'int64', ...(schema.minimum === undefined ? {} : { minimum: schema.minimum }) }
    case 'number':
      return { kind: 'float' }
    case 'null':
      return { kind: 'unit' }
    case 'array':
      return Array.isArray(schema.items)
        ? { kind: 'tuple', of: schema.items.map(shapeOf) as Shape[] }
        : { kind: 'list', of: shapeOf(schema.items as Schema) as Shape }
    case 'object':
      return schema.properties ? record(schema) : dict(schema)
    default:
      throw new Error(`a schema has a form that is not understood: ${JSON.stringify(schema)}`)
  }
}

function dict(schema: Schema): Shape {
  if (!schema.additionalProperties)
    throw new Error(`an object needs properties or additionalProperties: ${JSON.stringify(schema)}`)
  const secret = schema['x-secret'] === 'configuration' ? { secret: 'configuration' as const } : {}
  return { kind: 'dict', of: shapeOf(schema.additionalProperties) as Shape, ...secret }
}

function record({ properties = {}, required = [] }: Schema): Shape {
  const members = Object.entries(properties).map(([name, schema]): [string, Member] => [
    name,
    {
      shape: shapeOf(schema) as Shape,
      ...(required.includes(name) ? {} : { optional: true }),
      ...(schema.default === undefined ? {} : { default: schema.default }),
    },
  ])
  return { kind: 'record', members: Object.fromEntries(members) }
}

function tag(schema: Schema): [string, Shape | null] {
  if (schema.const !== undefined) return [schema.const, null]
  const [name, payload] = schema.items as readonly Schema[]
  if (name?.const === undefined || payload === undefined)
    throw new Error(`a variant needs a tag: ${JSON.stringify(schema)}`)
  return [name.const, shapeOf(payload) as Shape]
}

/** Definitions with those they refer to before them, as constants must stand. */
function sortByUse(definitions: Readonly<Record<string, Schema>>): [string, Schema][] {
  const sorted = new Map<string, Schema>()
  const visit = (name: string): void => {
    const schema = definitions[name]
    if (sorted.has(name) || schema === undefined) return
    for (const [, used] of JSON.stringify(schema).matchAll(/"\$ref":"[^"]*\/([^"/]+)"/g)) visit(used ?? '')
    sorted.set(name, schema)
  }
  Object.keys(definitions).forEach(visit)
  return [...sorted]
}

function constant(definition: string): string {
  return definition.toUpperCase()
}

function literal(shape: Shape | string): string {
  return JSON.stringify(shape).replaceAll(/"@name:([A-Z0-9_]+)"/g, '$1()')
}
