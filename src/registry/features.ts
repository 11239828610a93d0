/** What a plugin declares in Plugin.query, against what it has (SMAPIv3 script protocol, sections 9 and 10). */
import { METHOD_NAMES, METHODS, type MethodName, type PluginKind, type Result } from '../contract/methods.ts'
import { QUEUE_PREFIX, shortName } from './layout.ts'
import type { DiscoveredPlugin } from './plugin.ts'
import type { Warning } from './rejections.ts'

export type QueryResult = Result<'Plugin.query'>

/** The versions of SMAPIv3 the host speaks, compared as strings; the last one is current, others are deprecated. */
export const API_VERSIONS: readonly string[] = ['3.0', '5.0']

/** Features whose scripts the method table does not name: other spellings, and scripts that only come with another. */
const FURTHER_SCRIPTS: readonly (readonly [feature: string, method: MethodName])[] = [
  ['VDI_DESTROY', 'Volume.destroy'],
  ['VDI_RESIZE_ONLINE', 'Volume.resize'],
  ['VDI_RESET_ON_BOOT', 'Volume.clone'],
  ['VDI_MIRROR', 'Data.stat'],
]

/** Feature → the scripts a plugin that declares it must have. Features that are not here need none. */
export const FEATURE_SCRIPTS: ReadonlyMap<string, readonly MethodName[]> = featureScripts()

/** Scripts that a toolstack runs whatever the features are; `beside` only where the plugin has that script as well. */
const EXPECTED_SCRIPTS: readonly {
  readonly kind: PluginKind
  readonly method: MethodName
  readonly beside?: MethodName
  /** API versions for which a missing script counts as success. */
  readonly optionalIn?: string
}[] = [
  { kind: 'volume', method: 'SR.attach' },
  { kind: 'volume', method: 'SR.detach' },
  { kind: 'volume', method: 'SR.stat' },
  { kind: 'volume', method: 'SR.ls' },
  { kind: 'volume', method: 'Volume.stat' },
  { kind: 'volume', method: 'Volume.set', beside: 'Volume.create', optionalIn: '3.0' },
  { kind: 'volume', method: 'Volume.unset', beside: 'Volume.create', optionalIn: '3.0' },
  { kind: 'datapath', method: 'Datapath.attach' },
  { kind: 'datapath', method: 'Datapath.activate' },
  { kind: 'datapath', method: 'Datapath.deactivate' },
  { kind: 'datapath', method: 'Datapath.detach' },
]

/**
 * Features by name with their version: `NAME` and `NAME/x` are version 1, of several the highest counts, because a
 * version implies the lower ones.
 */
export function parseFeatures(declared: readonly string[]): ReadonlyMap<string, number> {
  const features = new Map<string, number>()
  for (const text of declared) {
    const [name = '', suffix = ''] = text.split('/', 2)
    const version = /^\d+$/.test(suffix) ? Math.max(1, Number(suffix)) : 1
    features.set(name, Math.max(version, features.get(name) ?? 1))
  }
  return features
}

/** What is odd about a plugin that answered Plugin.query well: nothing here keeps it from being used. */
export function warningsAbout(plugin: DiscoveredPlugin, query: QueryResult): readonly Warning[] {
  return [...aboutVersion(query), ...aboutName(plugin, query), ...aboutScripts(plugin, query)]
}

function aboutVersion({ required_api_version: version }: QueryResult): readonly Warning[] {
  const current = API_VERSIONS.at(-1)
  if (version === current) return []
  return [
    { code: 'deprecated-api-version', message: `requires SMAPIv3 ${version}, which is deprecated for ${current}` },
  ]
}

/** A toolstack derives the SR type from the queue name in one place and from `plugin` in another. */
function aboutName({ kind, name }: DiscoveredPlugin, query: QueryResult): readonly Warning[] {
  const warnings: Warning[] = []
  const short = shortName(kind, name)
  if (kind === 'volume' && query.plugin.toLowerCase() !== short.toLowerCase())
    warnings.push({
      code: 'name-mismatch',
      message: `Plugin.query says plugin ${JSON.stringify(query.plugin)}, its name says ${JSON.stringify(short)}`,
    })
  const usual = kind === 'volume' ? `${QUEUE_PREFIX}${short.toLowerCase()}` : short
  if (name !== usual)
    warnings.push({ code: 'unusual-name', message: `a toolstack finds it only under the name ${usual}` })
  return warnings
}

function aboutScripts(plugin: DiscoveredPlugin, query: QueryResult): readonly Warning[] {
  if (plugin.shape === 'file') return []
  const warnings: Warning[] = []
  for (const feature of parseFeatures(query.features).keys()) {
    const missing = scriptsOfFeature(feature, plugin.kind).filter((method) => !plugin.scripts.has(method))
    for (const method of missing)
      warnings.push({ code: 'feature-without-script', message: `declares ${feature} but has no script ${method}` })
  }
  for (const { kind, method, beside, optionalIn } of EXPECTED_SCRIPTS) {
    const expected = kind === plugin.kind && optionalIn !== query.required_api_version
    if (!expected || plugin.scripts.has(method) || (beside !== undefined && !plugin.scripts.has(beside))) continue
    warnings.push({ code: 'missing-script', message: `has no script ${method}, which a toolstack always calls` })
  }
  return warnings
}

/** A volume plugin may declare what its datapath does (VDI_MIRROR): only scripts of its own kind are asked for. */
function scriptsOfFeature(feature: string, kind: PluginKind): readonly MethodName[] {
  return (FEATURE_SCRIPTS.get(feature) ?? []).filter((method) => METHODS[method].kinds.includes(kind))
}

function featureScripts(): ReadonlyMap<string, readonly MethodName[]> {
  const named = METHOD_NAMES.flatMap((method) => {
    const { feature } = METHODS[method]
    return feature === null ? [] : [[feature, method] as const]
  })
  const scripts = new Map<string, MethodName[]>()
  for (const [feature, method] of [...named, ...FURTHER_SCRIPTS])
    scripts.set(feature, [...(scripts.get(feature) ?? []), method])
  return scripts
}
