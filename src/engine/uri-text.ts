/**
 * The parts of a URI that all schemes have in common (RFC 3986): the text comes from outside, so it is taken apart
 * strictly.
 */

/** Says that a URI is not usable, for a reason. */
export type Refuse = (reason: string) => never

/** Percent-decodes a part of a URI. */
export function decodePart(text: string, refuse: Refuse): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(text)
  } catch {
    return refuse('a % is not followed by two hexadecimal digits, or the bytes are not UTF-8')
  }
  return decoded.includes('\0') ? refuse('it holds a NUL') : decoded
}

/** The query as name → value pairs, percent-decoded; empty where there is none. */
export function parseQuery(query: string, refuse: Refuse): ReadonlyMap<string, string> {
  const options = new Map<string, string>()
  for (const pair of query.split('&').filter((text) => text !== '')) {
    const equals = pair.indexOf('=')
    if (equals < 1) refuse(`its option ${JSON.stringify(pair)} is not name=value`)
    const name = decodePart(pair.slice(0, equals), refuse)
    if (options.has(name)) refuse(`its option ${name} is given twice`)
    options.set(name, decodePart(pair.slice(equals + 1), refuse))
  }
  return options
}
