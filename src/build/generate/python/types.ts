/** `_types.py`: the records and variants for type checkers and editors. No plugin imports it when it runs. */
import { definitionName, type Schema, type Schemas } from '../schemas.ts'
import { docstring, PYTHON_BANNER, quoted } from './text.ts'

const NAMES: Readonly<Record<string, string>> = {
  string: 'str',
  boolean: 'bool',
  integer: 'int',
  number: 'float',
  null: 'None',
}

export function generatePythonTypes({ types }: Schemas): string {
  const definitions = Object.values(types.definitions ?? {}).filter(({ title }) => title !== undefined)
  const hint = (schema: Schema) => hintOf(schema, types, '')
  const texts = definitions.map((schema) =>
    schema.anyOf === undefined ? record(schema, hint) : variant(schema, schema.anyOf, hint),
  )
  return `${PYTHON_BANNER}"""The records and variants of the interface, for type checkers. What runs does not import this module."""
from typing import Any, Dict, List, Literal, NotRequired, Tuple, TypedDict, Union
${texts.join('')}`
}

/** The type hint of a schema; `prefix` stands before the names of records and variants. */
export function hintOf(schema: Schema, types: Schema, prefix: string): string {
  if (schema.$ref !== undefined) {
    const definition = types.definitions?.[definitionName(schema.$ref)]
    if (definition === undefined) throw new Error(`${schema.$ref} is not defined`)
    return definition.title === undefined ? hintOf(definition, types, prefix) : `${prefix}${definition.title}`
  }
  const named = NAMES[schema.type ?? '']
  if (named !== undefined) return named
  if (schema.type === 'object') return 'Dict[str, str]'
  if (schema.type !== 'array') throw new Error(`no type hint is known for ${JSON.stringify(schema)}`)
  return Array.isArray(schema.items)
    ? `Tuple[${schema.items.map((item) => hintOf(item, types, prefix)).join(', ')}]`
    : `List[${hintOf(schema.items as Schema, types, prefix)}]`
}

function record({ title, description = '', properties = {}, required = [] }: Schema, hint: (schema: Schema) => string) {
  const members = Object.entries(properties).map(([name, schema]) => {
    const type = required.includes(name) ? hint(schema) : `NotRequired[${hint(schema)}]`
    const about = schema.description === undefined ? '' : docstring([schema.description], '    ')
    return `    ${name}: ${type}\n${about}`
  })
  return `

class ${title}(TypedDict):
${docstring([description], '    ')}
${members.join('')}`
}

/** A list does as well as a tuple, but type checkers cannot look into it. */
function variant({ title, description = '' }: Schema, tags: readonly Schema[], hint: (schema: Schema) => string) {
  const alternatives = tags.map(({ const: tag, items }) => {
    const [first, payload] = (items ?? [{ const: tag }, { type: 'null' }]) as readonly Schema[]
    return `Tuple[Literal[${quoted(first?.const ?? '')}], ${hint(payload ?? {})}]`
  })
  return `
${title} = Union[${[...alternatives, 'List[Any]'].join(', ')}]
${docstring([description], '')}`
}
