import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The forms of JSON Schema (draft 07) that schemas/ uses. */
export interface Schema {
  readonly $ref?: string
  readonly $id?: string
  readonly title?: string
  readonly description?: string
  readonly type?: 'string' | 'boolean' | 'number' | 'integer' | 'null' | 'array' | 'object'
  readonly format?: string
  readonly minimum?: number
  readonly const?: string
  readonly items?: Schema | readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema
  readonly anyOf?: readonly Schema[]
  readonly definitions?: Readonly<Record<string, Schema>>
  readonly default?: string | boolean
  readonly examples?: readonly { readonly params: Readonly<Record<string, unknown>> }[]
  readonly 'x-secret'?: 'uri' | 'configuration'
}

export interface Schemas {
  /** The shared records and variants, by name. */
  readonly types: Schema
  /** Method name → its schema, in the order of the interface. */
  readonly methods: ReadonlyMap<string, Schema>
}

/** First line of each generated file. */
export const BANNER = '// Generated from schemas/ by `npm run generate`. Do not edit.\n'

const CLASSES = ['Plugin', 'SR', 'Volume', 'Datapath', 'Data', 'Task']

/** Reads the schemas; throws where a file is not named like its method or a method lacks params or a result. */
export function readSchemas(directory: string): Schemas {
  const read = (name: string): Schema => JSON.parse(readFileSync(join(directory, name), 'utf8'))
  const names = readdirSync(directory)
    .filter((name) => name !== 'types.json')
    .map((name) => name.replace(/\.json$/, ''))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  const methods = new Map(names.map((name) => [name, read(`${name}.json`)]))
  for (const [name, schema] of methods) {
    if (schema.title !== name || schema.$id !== `${name}.json`)
      throw new Error(`schemas/${name}.json: title and $id must name the method`)
    if (!schema.properties?.params || !schema.properties.result)
      throw new Error(`schemas/${name}.json: params and result are needed`)
  }
  return { types: read('types.json'), methods }
}

/** Name of the shared definition that a $ref means. */
export function definitionName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

function rank(method: string): number {
  const rank = CLASSES.indexOf(method.slice(0, method.indexOf('.')))
  if (rank < 0) throw new Error(`schemas/${method}.json: no class of the interface`)
  return rank
}
