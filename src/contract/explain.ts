/** What is wrong with a value that a validator refused, in the words of the interface instead of a schema's. */
import { isInt64, stringifyJson } from './json.ts'
import { isObject } from './normalise.ts'
import type { Member, Shape } from './shape.ts'

/** The first member that is wrong: its path, what was expected and what was seen. Undefined where the form is right. */
export function explain(value: unknown, shape: Shape, path = ''): string | undefined {
  const found = find(value, shape)
  return found?.words(found.steps.reduceRight(pathTo, path))
}

/** A member that is wrong. Nearly all values are right: nothing is worded before there is something to tell. */
interface Finding {
  /** From the member outwards: names of members, and indices. */
  readonly steps: (string | number)[]
  readonly words: (path: string) => string
}

function find(value: unknown, shape: Shape): Finding | undefined {
  switch (shape.kind) {
    case 'string':
      return typeof value === 'string' ? undefined : mismatch('must be a string', value)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : mismatch('must be true or false', value)
    case 'float':
      return typeof value === 'number' ? undefined : mismatch('must be a number', value)
    case 'unit':
      return value === null ? undefined : mismatch('must be null', value)
    case 'int64':
      return findInInteger(value, shape.minimum)
    case 'list':
      return Array.isArray(value) ? findInItems(value, () => shape.of) : mismatch('must be an array', value)
    case 'tuple':
      return Array.isArray(value) && value.length === shape.of.length
        ? findInItems(value, (index) => shape.of[index])
        : mismatch(`must be an array of ${shape.of.length}`, value)
    case 'dict':
      return isObject(value) ? findInDict(value, shape.of) : mismatch('must be an object', value)
    case 'record':
      return isObject(value) ? findInRecord(value, shape) : mismatch('must be an object', value)
    case 'variant':
      return findInVariant(value, shape)
  }
}

function findInInteger(value: unknown, minimum: number | undefined): Finding | undefined {
  if (!isInt64(value)) return mismatch('must be a 64-bit integer', value)
  return minimum !== undefined && value < minimum ? mismatch(`must be at least ${minimum}`, value) : undefined
}

function findInItems(values: readonly unknown[], shapeAt: (index: number) => Shape | undefined): Finding | undefined {
  for (let index = 0; index < values.length; index++) {
    const shape = shapeAt(index)
    const found = shape && find(values[index], shape)
    if (found !== undefined) return behind(index, found)
  }
  return undefined
}

function findInDict(value: Record<string, unknown>, shape: Shape): Finding | undefined {
  for (const name of Object.keys(value)) {
    const found = find(value[name], shape)
    if (found !== undefined) return behind(name, found)
  }
  return undefined
}

function findInRecord(value: Record<string, unknown>, { members }: Shape & { kind: 'record' }): Finding | undefined {
  for (const name in members) {
    const { shape, optional } = members[name] as Member
    const found =
      Object.hasOwn(value, name) && !(optional && value[name] === undefined)
        ? find(value[name], shape)
        : optional
          ? undefined
          : missing()
    if (found !== undefined) return behind(name, found)
  }
  return undefined
}

function findInVariant(value: unknown, { tags }: Shape & { kind: 'variant' }): Finding | undefined {
  const [tag, payload] = Array.isArray(value) ? (value as unknown[]) : [value]
  const of = typeof tag === 'string' && Object.hasOwn(tags, tag) ? tags[tag] : undefined
  const length = of === null ? undefined : 2
  if (of === undefined || (Array.isArray(value) ? value.length : undefined) !== length) {
    const forms = Object.entries(tags).map(([name, payloadOf]) =>
      payloadOf === null ? JSON.stringify(name) : `[${JSON.stringify(name)}, …]`,
    )
    return mismatch(`must be ${forms.join(' or ')}`, value)
  }
  const found = of === null ? undefined : find(payload, of)
  return found && behind(1, found)
}

function mismatch(expected: string, value: unknown): Finding {
  return { steps: [], words: (path) => `${path || 'the value'} ${expected}, not ${glimpse(value)}` }
}

function missing(): Finding {
  return { steps: [], words: (path) => `${path} is missing` }
}

function behind(step: string | number, found: Finding): Finding {
  found.steps.push(step)
  return found
}

function pathTo(path: string, step: string | number): string {
  if (typeof step === 'number') return `${path}[${step}]`
  const name = /^[\w-]+$/.test(step) ? step : JSON.stringify(step)
  return path === '' ? name : `${path}.${name}`
}

function glimpse(value: unknown): string {
  if (value === undefined) return 'absent'
  const text = stringifyJson(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
