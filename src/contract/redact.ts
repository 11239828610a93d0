/**
 * Secrets out of what is logged, traced or reported. The schemas mark what may hold one (`x-secret`): a device_config,
 * by the names of its keys, and a URI, by its user information and query.
 */
import { SHAPES } from './generated/shapes.ts'
import type { MethodName } from './methods.ts'
import { isObject } from './normalise.ts'
import type { Shape } from './shape.ts'

/** What stands in the place of a secret. */
export const REDACTED = '***'

const SECRET_NAME = /pass(word|wd|phrase)?|secret|token|credential|keyring|key$/i

/** Params of a method without their secrets. */
export function redactParams(method: MethodName, params: unknown): unknown {
  return redact(params, SHAPES[method].params, () => {})
}

/** The result of a method without its secrets. */
export function redactResult(method: MethodName, result: unknown): unknown {
  return redact(result, SHAPES[method].result, () => {})
}

/** Every secret in the params of a method, to be removed from the script's own output by {@link redactText}. */
export function secretsOf(method: MethodName, params: unknown): ReadonlySet<string> {
  const secrets = new Set<string>()
  redact(params, SHAPES[method].params, (secret) => secrets.add(secret))
  return secrets
}

/** A URI without the password in its user information and without secret query parameters. */
export function redactUri(uri: string): string {
  return redactUriParts(uri, () => {})
}

/** Text without any of the secrets, whether they stand in it plain, percent-encoded or escaped as in JSON. */
export function redactText(text: string, secrets: Iterable<string>): string {
  let redacted = text
  for (const secret of secrets) {
    for (const form of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])) {
      redacted = redacted.replaceAll(form, REDACTED)
    }
  }
  return redacted
}

type Found = (secret: string) => void

function redact(value: unknown, shape: Shape, found: Found): unknown {
  switch (shape.kind) {
    case 'string':
      return shape.secret === 'uri' && typeof value === 'string' ? redactUriParts(value, found) : value
    case 'list':
      return Array.isArray(value) ? value.map((item) => redact(item, shape.of, found)) : value
    case 'tuple':
      return Array.isArray(value) ? value.map((item, index) => redactIf(item, shape.of[index], found)) : value
    case 'dict':
      return isObject(value)
        ? mapMembers(value, (name, member) =>
            shape.secret === 'configuration' ? redactSetting(name, member, found) : redact(member, shape.of, found),
          )
        : value
    case 'record':
      return isObject(value)
        ? mapMembers(value, (name, member) => redactIf(member, shape.members[name]?.shape, found))
        : value
    case 'variant':
      return Array.isArray(value) && typeof value[0] === 'string'
        ? [value[0], ...value.slice(1).map((payload) => redactIf(payload, shape.tags[value[0]], found))]
        : value
    default:
      return value
  }
}

function redactIf(value: unknown, shape: Shape | null | undefined, found: Found): unknown {
  return shape ? redact(value, shape, found) : value
}

function redactSetting(name: string, value: unknown, found: Found): unknown {
  if (typeof value !== 'string' || value === '') return value
  if (!SECRET_NAME.test(name)) return redactUriParts(value, found)
  found(value)
  return REDACTED
}

function redactUriParts(uri: string, found: Found): string {
  return uri
    .replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#@:%]*[:%])([^/?#@]+)(?=@)/, (_, user: string, password: string) => {
      secretIn(password, found)
      return user + REDACTED
    })
    .replace(/([?&;])([^=?&;#]{1,100})=([^&;#]+)/g, (parameter, separator: string, name: string, value: string) => {
      if (!SECRET_NAME.test(name)) return parameter
      secretIn(value, found)
      return `${separator}${name}=${REDACTED}`
    })
}

/** A secret as it stands in a URI, and decoded, as a plugin would print it. */
function secretIn(encoded: string, found: Found): void {
  found(encoded)
  try {
    found(decodeURIComponent(encoded))
  } catch {
    // Not percent-encoded, so there is no other form of it.
  }
}

function mapMembers(object: Record<string, unknown>, map: (name: string, value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(name, value)]))
}
