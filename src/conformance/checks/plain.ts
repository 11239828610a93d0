/** Results as strict parsers of JSON read them. */
import { parseJson } from '../../contract/json.ts'
import type { MethodName } from '../../contract/methods.ts'
import { isObject } from '../../contract/normalise.ts'
import type { TraceRecord } from '../../invoke/trace-record.ts'
import { demandEqual, Violation } from '../violation.ts'

/** Demands a result that strict parsers read as lenient ones do. */
export function demandPlain(
  method: MethodName,
  { text, value }: { readonly text: string; readonly value: unknown },
  record?: TraceRecord,
): void {
  const printed = plain(text)
  if (printed === undefined) throw new Violation(`plain JSON from ${method}`, text, record)
  demandEqual(untagged(printed.value), untagged(value), `exactly typed members from ${method}`)
}

/** A value in which a tag without payload is its name: `["Tag",null]`, which the interface's own writer prints, is as exact. */
function untagged(value: unknown): unknown {
  if (Array.isArray(value)) {
    const [tag, payload] = value
    return value.length === 2 && typeof tag === 'string' && payload === null ? tag : value.map(untagged)
  }
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, untagged(member)]))
}

/** JSON as strict parsers read it. */
export function plain(text: string): { readonly value: unknown } | undefined {
  try {
    JSON.parse(text)
    return { value: parseJson(text) }
  } catch {
    return undefined
  }
}
