/** The result of a method as it is printed: in the one form that readers in OCaml and in Python both take. */
import { explain } from '../contract/explain.ts'
import { SHAPES } from '../contract/generated/shapes.ts'
import { stringifyJson } from '../contract/json.ts'
import type { MethodName } from '../contract/methods.ts'
import { isObject, normalise } from '../contract/normalise.ts'
import type { Shape } from '../contract/shape.ts'

/** A method returned what is no result of it. */
export class WrongResult extends Error {
  override readonly name = 'WrongResult'
}

/**
 * The result as one line of JSON.
 * @throws WrongResult naming the member that is wrong
 */
export function printResult(method: MethodName, value: unknown): string {
  const { result: shape } = SHAPES[method]
  if (shape.kind === 'unit') return 'null'
  const normalised = normalise(withoutUndefined(value), shape)
  const problem = explain(normalised, shape)
  if (problem !== undefined) throw new WrongResult(`${method} returned no result of it: ${problem}`)
  return stringifyJson(strict(normalised, shape))
}

/** A member that is undefined is one that is absent, as JSON has it. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return mapItems(value, withoutUndefined)
  if (!isObject(value)) return value
  const present = mapMembers(value, (_name, member) => withoutUndefined(member))
  for (const name in present) {
    if (present[name] !== undefined) continue
    return Object.fromEntries(Object.entries(present).filter(([, member]) => member !== undefined))
  }
  return present
}

/** A tag without payload is `["Tag",null]`: the only form that every reader takes. */
function strict(value: unknown, shape: Shape): unknown {
  switch (shape.kind) {
    case 'list':
      return mapItems(value as unknown[], (item) => strict(item, shape.of))
    case 'record':
      return mapMembers(value as Record<string, unknown>, (name, member) => {
        const of = Object.hasOwn(shape.members, name) ? shape.members[name]?.shape : undefined
        return of === undefined ? member : strict(member, of)
      })
    case 'variant':
      return strictVariant(value as string | readonly [string, unknown], shape.tags)
    default:
      return value
  }
}

function strictVariant(
  value: string | readonly [string, unknown],
  tags: Readonly<Record<string, Shape | null>>,
): readonly [string, unknown] {
  if (typeof value === 'string') return [value, null]
  const [tag, payload] = value
  const of = tags[tag]
  return of ? [tag, strict(payload, of)] : value
}

/** A list may be long: nothing is copied that does not change. */
function mapItems(items: readonly unknown[], map: (item: unknown) => unknown): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let index = 0; index < items.length; index++) {
    const mapped = map(items[index])
    if (mapped === items[index]) continue
    copy ??= [...items]
    copy[index] = mapped
  }
  return copy ?? items
}

function mapMembers(
  object: Record<string, unknown>,
  map: (name: string, member: unknown) => unknown,
): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined
  for (const name of Object.keys(object)) {
    const mapped = map(name, object[name])
    if (mapped === object[name]) continue
    copy ??= { ...object }
    copy[name] = mapped
  }
  return copy ?? object
}
