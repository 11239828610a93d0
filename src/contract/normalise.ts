/**
 * Lenient reading (SMAPIv3 script protocol, section 4): what the reference toolstack accepts is brought into one form,
 * so that callers see only that. Unknown members stay. What cannot be read is left as it is for the validator to name.
 */
import { int64FromText } from './json.ts'
import type { Member, Shape } from './shape.ts'

/** The value in its one form; the same object where it already was. */
export function normalise(value: unknown, shape: Shape): unknown {
  switch (shape.kind) {
    case 'int64':
      return typeof value === 'string' ? (int64FromText(value) ?? value) : value
    case 'float':
      return typeof value === 'string' ? floatFromText(value) : value
    case 'list':
      return Array.isArray(value) ? mapUnlessSame(value, () => shape.of) : value
    case 'tuple':
      return Array.isArray(value) ? mapUnlessSame(value, (index) => shape.of[index]) : value
    case 'dict':
      return isObject(value) ? membersUnlessSame(value, () => shape.of) : value
    case 'record':
      return isObject(value) ? normaliseRecord(value, shape.members) : value
    case 'variant':
      return normaliseVariant(value, shape.tags)
    default:
      return value
  }
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function floatFromText(text: string): number | string {
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? text : number
}

function mapUnlessSame(values: readonly unknown[], shapeAt: (index: number) => Shape | undefined): readonly unknown[] {
  let same = true
  const normalised = values.map((value, index) => {
    const shape = shapeAt(index)
    const result = shape === undefined ? value : normalise(value, shape)
    same &&= result === value
    return result
  })
  return same ? values : normalised
}

function membersUnlessSame(object: Record<string, unknown>, shapeOf: (name: string) => Shape | undefined): object {
  let changed: Record<string, unknown> | undefined
  for (const name of Object.keys(object)) {
    const shape = shapeOf(name)
    if (shape === undefined) continue
    const result = normalise(object[name], shape)
    if (result === object[name]) continue
    changed ??= { ...object }
    changed[name] = result
  }
  return changed ?? object
}

function normaliseRecord(object: Record<string, unknown>, members: Readonly<Record<string, Member>>): object {
  const named = Object.keys(object).every((name) => Object.hasOwn(members, name) || name === name.toLowerCase())
    ? object
    : renameMembers(object, members)
  const complete = membersUnlessSame(named, (name) => (Object.hasOwn(members, name) ? members[name]?.shape : undefined))
  return withDefaults(complete as Record<string, unknown>, members)
}

/** Member names compare without regard to case, and the first of several wins; unknown names stay as they are. */
function renameMembers(
  object: Record<string, unknown>,
  members: Readonly<Record<string, Member>>,
): Record<string, unknown> {
  // A map and not an object, as "__proto__" may be among the unknown names.
  const renamed = new Map<string, unknown>()
  for (const [name, value] of Object.entries(object)) {
    const known = Object.keys(members).find((member) => member === name.toLowerCase()) ?? name
    if (!renamed.has(known)) renamed.set(known, value)
  }
  return Object.fromEntries(renamed)
}

function withDefaults(object: Record<string, unknown>, members: Readonly<Record<string, Member>>): object {
  let result = object
  for (const name in members) {
    const member = members[name] as Member
    if (member.default === undefined || !Object.hasOwn(object, name) || fits(object[name], member)) continue
    if (result === object) result = { ...object }
    result[name] = member.default
  }
  return result
}

/** Whether the value of a member that has a default (a boolean or a tag that stands alone) is one. */
function fits(value: unknown, { shape }: Member): boolean {
  return shape.kind === 'variant'
    ? typeof value === 'string' && Object.hasOwn(shape.tags, value)
    : typeof value === 'boolean'
}

function normaliseVariant(value: unknown, tags: Readonly<Record<string, Shape | null>>): unknown {
  const [tag, ...payload] = Array.isArray(value) ? (value as unknown[]) : [value]
  if (typeof tag !== 'string') return value
  const known = Object.hasOwn(tags, tag)
    ? tag
    : Object.keys(tags).find((name) => name.toLowerCase() === tag.toLowerCase())
  const shape = known === undefined ? undefined : tags[known]
  if (shape === undefined) return value
  if (shape === null) return !Array.isArray(value) || (payload.length === 1 && payload[0] === null) ? known : value
  if (payload.length !== 1) return value
  const normalised = normalise(payload[0], shape)
  return normalised === payload[0] && known === tag ? value : [known, normalised]
}
