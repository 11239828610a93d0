/**
 * What a plugin of the deprecated API 3.0 needs different (SMAPIv3 script protocol, section 9). Unlike in the reference
 * toolstack, `sharable` is added only where it is absent, and to every volume that a plugin answers.
 */
import { Smapiv3Error } from '../contract/errors.ts'
import type { MethodName } from '../contract/methods.ts'
import { isObject } from '../contract/normalise.ts'

/** The version that needs the shims. */
const DEPRECATED_VERSION = '3.0'

/** How one call differs. */
export interface Shim {
  /** Params the method did not have in 5.0, put before the others. */
  readonly extraParams?: Readonly<Record<string, unknown>>
  /** Makes a result of 5.0 from what the script printed. */
  readonly repair?: (result: unknown) => unknown
  /** The result where the plugin has no script for the method, which it need not have. */
  readonly missingResult?: null
}

const NONE: Shim = {}

const SHIMS: Partial<Record<MethodName, (params: Readonly<Record<string, unknown>>) => Shim>> = {
  'SR.create': ({ configuration }) => ({
    extraParams: { uri: uriOf(configuration) },
    repair: (result) => result ?? configuration,
  }),
  'SR.attach': ({ configuration }) => ({ extraParams: { uri: uriOf(configuration) } }),
  'SR.ls': () => ({ repair: (volumes) => (Array.isArray(volumes) ? volumes.map(withSharable) : volumes) }),
  'Volume.create': () => ({ repair: withSharable }),
  'Volume.stat': () => ({ repair: withSharable }),
  'Volume.snapshot': () => ({ repair: withSharable }),
  'Volume.clone': () => ({ repair: withSharable }),
  'Volume.copy': () => ({ repair: withSharable }),
  'Volume.set': () => ({ missingResult: null }),
  'Volume.unset': () => ({ missingResult: null }),
}

/**
 * The shim of a call.
 * @throws Smapiv3Error BAD_PARAMETERS (code MISSING_URI) where a 3.0 plugin needs `uri` in the configuration
 */
export function shimFor(version: string, method: MethodName, params: Readonly<Record<string, unknown>>): Shim {
  return version === DEPRECATED_VERSION ? (SHIMS[method]?.(params) ?? NONE) : NONE
}

function uriOf(configuration: unknown): string {
  const uri = isObject(configuration) ? configuration.uri : undefined
  if (typeof uri === 'string') return uri
  const message = 'a plugin of API 3.0 needs `uri` in the configuration of the SR'
  throw new Smapiv3Error('BAD_PARAMETERS', message, { code: 'MISSING_URI' })
}

function withSharable(volume: unknown): unknown {
  const has = isObject(volume) && Object.keys(volume).some((name) => name.toLowerCase() === 'sharable')
  return isObject(volume) && !has ? { sharable: false, ...volume } : volume
}
