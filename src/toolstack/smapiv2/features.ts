/** The features that the toolstack is told of a volume plugin (SMAPIv2 bridge, section 7.1). */
import type { MethodName } from '../../contract/methods.ts'
import type { DiscoveredPlugin } from '../../registry/plugin.ts'

/** SMAPIv3's spelling → SMAPIv2's; compared exactly, so a feature with a version stays. */
const RENAMED: Readonly<Record<string, string>> = { VDI_DESTROY: 'VDI_DELETE' }

/** Features that a plugin has by having a script, in the order in which they are listed. */
const BY_SCRIPT: readonly (readonly [script: MethodName, feature: string])[] = [
  ['Volume.stat', 'VDI_UPDATE'],
  ['Volume.destroy', 'VDI_DELETE'],
  ['Volume.resize', 'VDI_RESIZE'],
  ['Volume.snapshot', 'VDI_SNAPSHOT'],
  ['Volume.clone', 'VDI_CLONE'],
  ['Volume.create', 'VDI_CREATE'],
  ['SR.probe', 'SR_PROBE'],
  ['SR.stat', 'SR_UPDATE'],
  ['SR.ls', 'SR_SCAN'],
  ['SR.detach', 'SR_DETACH'],
  ['SR.destroy', 'SR_DELETE'],
  ['SR.create', 'SR_CREATE'],
  ['SR.attach', 'SR_ATTACH'],
]

/** What the host does for every plugin. */
const ALWAYS = ['VDI_ATTACH', 'VDI_DETACH', 'VDI_ACTIVATE', 'VDI_DEACTIVATE', 'VDI_INTRODUCE']

/** What the host does for a plugin that has another feature. */
const IMPLIED: Readonly<Record<string, string>> = { VDI_CLONE: 'VDI_RESET_ON_BOOT/2' }

/**
 * The features of a volume plugin: what it declares, what its scripts say and what the host adds. Some may appear twice.
 * Of a plugin that is a single file nothing says which methods it has, so it must declare its features.
 */
export function featuresOf(declared: readonly string[], { scripts, shape }: DiscoveredPlugin): readonly string[] {
  const renamed = declared.map((feature) => RENAMED[feature] ?? feature)
  const byScript = BY_SCRIPT.filter(([script]) => shape === 'directory' && scripts.get(script)?.executable === true)
  const features = [...renamed, ...byScript.map(([, feature]) => feature), ...ALWAYS]
  const implied = Object.keys(IMPLIED).filter((feature) => features.includes(feature))
  return [...implied.map((feature) => IMPLIED[feature] ?? feature), ...features]
}
