/** Help for people, from the descriptions in the schemas. */
import type { MethodName } from '../contract/methods.ts'
import type { Shape } from '../contract/shape.ts'
import type { Plugin } from './define.ts'
import { parametersOf } from './params.ts'

/** Of a schema, what help says. */
interface Schema {
  readonly description?: string
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly definitions?: Readonly<Record<string, Schema>>
  readonly examples?: readonly { readonly params: Readonly<Record<string, unknown>> }[]
}

const WIDTH = 80

/** How a value of that kind is written on the command line, where that is not plain text. */
const FORMS: Partial<Record<Shape['kind'], string>> = {
  boolean: 'true or false',
  int64: 'an integer',
  list: 'as JSON',
  record: 'as JSON',
  variant: 'as JSON',
}

/** One line: the words that the method takes. */
export function usageOf(method: MethodName): string {
  const words = parametersOf(method).map(([name, { shape }]) =>
    shape.kind === 'dict' ? `[--${name} KEY VALUE]...` : name.toUpperCase(),
  )
  return ['usage:', method, ...words].join(' ')
}

/** The help of one method: what it does, each parameter, an example. */
export async function describeMethod(method: MethodName): Promise<string> {
  const schema = await schemaNamed(method)
  const types = await schemaNamed('types')
  const parameters = parametersOf(method).map(([name, { shape }]) => {
    const parameter = schema.properties?.params?.properties?.[name]
    const referred = types.definitions?.[parameter?.$ref?.split('/').at(-1) ?? '']
    const form = FORMS[shape.kind]
    const description = parameter?.description ?? referred?.description ?? ''
    const title = shape.kind === 'dict' ? `--${name} KEY VALUE` : name.toUpperCase()
    return `${wrap(title, '  ')}\n${wrap(form === undefined ? description : `${description} (${form})`, '      ')}`
  })
  const examples = (schema.examples ?? []).map(({ params }) => `  ${exampleOf(method, params)}`)
  return [
    usageOf(method),
    wrap(schema.description ?? '', ''),
    'Parameters:',
    ...parameters,
    'The result is printed as JSON. With --json the parameters are read from stdin,\nas one JSON object, and a failure is printed as JSON too.',
    ['Example:', ...examples].join('\n'),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n')
}

/** The help of a plugin that is run as `PROGRAM METHOD …`. */
export async function describePlugin(plugin: Plugin, program: string): Promise<string> {
  const methods = [...plugin.methods.keys()].map((method) => `  ${method}`)
  return `usage: ${program} METHOD [--json | ARGUMENT...]
       ${program} METHOD --help
       ${program} --methods

The SMAPIv3 plugin ${plugin.name}. A link to it that is named like a method runs that method.

Methods:
${methods.join('\n')}
`
}

/** The bundler puts every schema that the pattern can mean into the bundle, each evaluated when it is first asked for. */
async function schemaNamed(name: string): Promise<Schema> {
  const module = await import(`../../schemas/${name}.json`, { with: { type: 'json' } })
  return module.default
}

function exampleOf(method: MethodName, params: Readonly<Record<string, unknown>>): string {
  const words = parametersOf(method).flatMap(([name, { shape }]) => {
    const value = params[name]
    if (shape.kind === 'dict')
      return Object.entries(value as object).flatMap(([key, item]) => [`--${name}`, key, String(item)])
    return [typeof value === 'string' ? value : JSON.stringify(value)]
  })
  return [method, ...words.map(shellWord)].join(' ')
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

function wrap(text: string, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && indent.length + longer.length > WIDTH) {
      lines.push(indent + line)
      line = word
    } else {
      line = longer
    }
  }
  return [...lines, indent + line].join('\n')
}
