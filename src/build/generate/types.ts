import { compile } from 'json-schema-to-typescript'
import { BANNER, definitionName, type Schema, type Schemas } from './schemas.ts'

type JSONSchema4 = Exclude<Parameters<typeof compile>[0], boolean | null>

/** The TypeScript types: one interface per shared record, and `Methods`: method → params and result. */
export async function generateTypes({ types, methods }: Schemas): Promise<string> {
  const definitions = types.definitions ?? {}
  const combined = {
    title: 'Methods',
    description: 'Params and result of every method.',
    ...closedRecord(Object.fromEntries([...methods].map(([name, schema]) => [name, method(schema)]))),
    definitions: Object.fromEntries(Object.entries(definitions).filter(([, schema]) => isNamed(schema))),
  }
  const text = await compile(withReadyReferences(combined, definitions), 'Methods', {
    additionalProperties: false,
    bannerComment: `${BANNER}import type { Int64 } from '../json.ts'\n`,
    style: { semi: false, singleQuote: true, printWidth: 120 },
  })
  return text
}

function method({ description, properties = {} }: Schema) {
  return { description, ...closedRecord(properties) }
}

function closedRecord(properties: object): JSONSchema4 {
  return {
    type: 'object',
    additionalProperties: false,
    properties: properties as JSONSchema4,
    required: Object.keys(properties),
  }
}

/** Records and variants have a name in TypeScript; strings and integers stand where they are used, with their own words. */
function isNamed(schema: Schema): boolean {
  return schema.title !== undefined
}

function withReadyReferences(schema: object, definitions: Readonly<Record<string, Schema>>): JSONSchema4 {
  return JSON.parse(JSON.stringify(schema), (_key, value) => {
    if (typeof value?.$ref !== 'string') return value
    const name = definitionName(value.$ref)
    const definition = definitions[name]
    if (definition === undefined) throw new Error(`${value.$ref} is not defined`)
    const { $ref: _ref, ...own } = value
    return isNamed(definition) ? { $ref: `#/definitions/${name}` } : { ...definition, ...own }
  })
}
