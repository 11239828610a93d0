/** Help for people, from the descriptions in the schemas. */
import { DESCRIPTIONS } from '../contract/generated/descriptions.ts'
import type { MethodName } from '../contract/methods.ts'
import type { Shape } from '../contract/shape.ts'
import type { Plugin } from './define.ts'
import { parametersOf } from './params.ts'

/** What the schema of a method says for people. */
interface MethodDescription {
  readonly description: string
  readonly params: Readonly<Record<string, string>>
  /** Params of calls. */
  readonly examples: readonly Readonly<Record<string, unknown>>[]
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
export function describeMethod(method: MethodName): string {
  const { description: purpose, params, examples } = JSON.parse(DESCRIPTIONS[method]) as MethodDescription
  const parameters = parametersOf(method).map(([name, { shape }]) => {
    const form = FORMS[shape.kind]
    const description = params[name] ?? ''
    const title = shape.kind === 'dict' ? `--${name} KEY VALUE` : name.toUpperCase()
    return `${wrap(title, '  ')}\n${wrap(form === undefined ? description : `${description} (${form})`, '      ')}`
  })
  return [
    usageOf(method),
    wrap(purpose, ''),
    'Parameters:',
    ...parameters,
    'The result is printed as JSON. With --json the parameters are read from stdin,\nas one JSON object, and a failure is printed as JSON too.',
    ['Example:', ...examples.map((example) => `  ${exampleOf(method, example)}`)].join('\n'),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n')
}

/** The help of a plugin that is run as `PROGRAM METHOD …`. */
export function describePlugin(plugin: Plugin, program: string): string {
  const methods = [...plugin.methods.keys()].map((method) => `  ${method}`)
  return `usage: ${program} METHOD [--json | ARGUMENT...]
       ${program} METHOD --help
       ${program} --methods

The SMAPIv3 plugin ${plugin.name}. A link to it that is named like a method runs that method.

Methods:
${methods.join('\n')}
`
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
