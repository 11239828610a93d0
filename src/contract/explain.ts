/** What is wrong with a value that a validator refused, in the words of the interface instead of a schema's. */
import { isInt64, stringifyJson } from './json.ts'
import { isObject } from './normalise.ts'
import type { Shape } from './shape.ts'

/** The first member that is wrong: its path, what was expected and what was seen. Undefined where the form is right. */
export function explain(value: unknown, shape: Shape, path = ''): string | undefined {
  switch (shape.kind) {
    case 'string':
      return typeof value === 'string' ? undefined : mismatch(path, 'must be a string', value)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : mismatch(path, 'must be true or false', value)
    case 'float':
      return typeof value === 'number' ? undefined : mismatch(path, 'must be a number', value)
    case 'unit':
      return value === null ? undefined : mismatch(path, 'must be null', value)
    case 'int64':
      return explainInteger(value, path, shape.minimum)
    case 'list':
      return Array.isArray(value)
        ? first(value, (item, index) => explain(item, shape.of, `${path}[${index}]`))
        : mismatch(path, 'must be an array', value)
    case 'tuple':
      return Array.isArray(value) && value.length === shape.of.length
        ? first(shape.of, (of, index) => explain(value[index], of, `${path}[${index}]`))
        : mismatch(path, `must be an array of ${shape.of.length}`, value)
    case 'dict':
      return isObject(value)
        ? first(Object.entries(value), ([name, member]) => explain(member, shape.of, memberPath(path, name)))
        : mismatch(path, 'must be an object', value)
    case 'record':
      return isObject(value) ? explainRecord(value, shape, path) : mismatch(path, 'must be an object', value)
    case 'variant':
      return explainVariant(value, shape, path)
  }
}

function explainInteger(value: unknown, path: string, minimum: number | undefined): string | undefined {
  if (!isInt64(value)) return mismatch(path, 'must be a 64-bit integer', value)
  return minimum !== undefined && value < minimum ? mismatch(path, `must be at least ${minimum}`, value) : undefined
}

function explainRecord(
  value: Record<string, unknown>,
  shape: Shape & { kind: 'record' },
  path: string,
): string | undefined {
  return first(Object.entries(shape.members), ([name, member]) => {
    if (Object.hasOwn(value, name) && !(member.optional && value[name] === undefined))
      return explain(value[name], member.shape, memberPath(path, name))
    return member.optional ? undefined : `${memberPath(path, name)} is missing`
  })
}

function explainVariant(value: unknown, { tags }: Shape & { kind: 'variant' }, path: string): string | undefined {
  const [tag, payload] = Array.isArray(value) ? (value as unknown[]) : [value]
  const forms = Object.entries(tags).map(([name, of]) =>
    of === null ? JSON.stringify(name) : `[${JSON.stringify(name)}, …]`,
  )
  const expected = `must be ${forms.join(' or ')}`
  if (typeof tag !== 'string' || !Object.hasOwn(tags, tag)) return mismatch(path, expected, value)
  const of = tags[tag] ?? null
  const length = of === null ? undefined : 2
  if ((Array.isArray(value) ? value.length : undefined) !== length) return mismatch(path, expected, value)
  return of === null ? undefined : explain(payload, of, `${path}[1]`)
}

function first<T>(
  items: readonly T[],
  explanation: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = explanation(item, index)
    if (found !== undefined) return found
  }
  return undefined
}

function memberPath(path: string, name: string): string {
  const step = /^[\w-]+$/.test(name) ? name : JSON.stringify(name)
  return path === '' ? step : `${path}.${step}`
}

function mismatch(path: string, expected: string, value: unknown): string {
  return `${path || 'the value'} ${expected}, not ${glimpse(value)}`
}

function glimpse(value: unknown): string {
  if (value === undefined) return 'absent'
  const text = stringifyJson(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
