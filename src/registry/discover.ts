/** Which plugins stand in the roots: a pure read of directories. Nothing is run. */
import { dirname, join } from 'node:path'
import type { PluginKind } from '../contract/methods.ts'
import { identityOf, isObjection } from './files.ts'
import {
  absoluteRoots,
  isHidden,
  KIND_DIRECTORY_NAMES,
  type KindDirectory,
  kindDirectoriesOf,
  lookupName,
  objectionToName,
} from './layout.ts'
import { type DiscoveredPlugin, inspect, isPlugin, type Moment, now } from './plugin.ts'
import { type Objection, type Rejection, rejection, type Warning } from './rejections.ts'

/** Everything that stands in the roots: what can be used, and what cannot, with the reason. */
export interface Discovery {
  /** In order of roots, then kinds, then names in byte order. */
  readonly plugins: readonly DiscoveredPlugin[]
  readonly rejections: readonly Rejection[]
  /** About the roots themselves; a plugin carries its own. */
  readonly warnings: readonly Warning[]
}

/** A directory of plugins that is there and can be trusted, with the names in it. */
export interface Listing extends KindDirectory {
  /** In byte order, hidden ones left out. */
  readonly names: readonly string[]
}

/** The directories of plugins of all roots, and what is wrong with roots and directories. */
export interface Listings {
  readonly listings: readonly Listing[]
  readonly rejections: readonly Rejection[]
}

/**
 * Reads the roots. The first root wins: a plugin whose name an earlier root (or directory) already has, usable there
 * or not, is rejected as shadowed, so that breaking an override never brings back what it overrides.
 * Throws nothing: whatever cannot be read is a rejection.
 */
export function discover(roots: readonly string[], moment: Moment = now()): Discovery {
  const { listings, rejections: unusable } = list(roots, moment)
  const plugins: DiscoveredPlugin[] = []
  const rejections: Rejection[] = [...unusable]
  const claims = new Map<string, string>()
  for (const { kind, path: directory, names } of listings)
    for (const name of namesInOrderOfPrecedence(kind, names)) {
      const location = { kind, name, path: join(directory, name) }
      const objection = objectionToName(kind, name) ?? claim(claims, location)
      const inspected = objection === undefined ? inspect(location, moment) : rejection(objection, location)
      if (isPlugin(inspected)) plugins.push(inspected)
      else rejections.push(inspected)
    }
  const warnings = absoluteRoots(roots).flatMap((root) => warningsAboutAncestors(root, moment))
  return { plugins, rejections, warnings }
}

/** Lists the directories of plugins of all roots; with `kinds`, only those of these kinds. */
export function list(roots: readonly string[], moment: Moment, kinds?: readonly PluginKind[]): Listings {
  const listings: Listing[] = []
  const rejections: Rejection[] = []
  const seen = new Set<string>()
  for (const root of absoluteRoots(roots)) {
    const objection = objectionToRoot(root, moment)
    if (objection !== undefined) {
      rejections.push(rejection(objection, { path: root }))
      continue
    }
    for (const directory of kindDirectoriesOf(root)) {
      if (kinds !== undefined && !kinds.includes(directory.kind)) continue
      const names = namesIn(directory, moment, seen)
      if (names === undefined) continue
      if (isObjection(names)) rejections.push(rejection(names, directory))
      else listings.push({ ...directory, names })
    }
  }
  return { listings, rejections }
}

function objectionToRoot(root: string, { files, trust }: Moment): Objection | undefined {
  const found = files.follow(root)
  if (isObjection(found))
    return found.code === 'missing' ? { code: 'no-root', message: `${root} does not exist` } : found
  if (!found.stats.isDirectory()) return { code: 'not-directory', message: `${root} is not a directory` }
  const distrust = trust.objectionToContainer(root)
  if (distrust !== undefined) return distrust
  const absent = kindDirectoriesOf(root).every(({ path }) => isAbsent(files.follow(path)))
  if (!absent) return undefined
  return { code: 'no-kind-directory', message: `${root} holds none of ${KIND_DIRECTORY_NAMES.join(', ')}` }
}

/** Undefined when it is not there, or is the same directory as one seen before (`volume` linked to `volume.d`). */
function namesIn(
  { path }: KindDirectory,
  { files, trust }: Moment,
  seen: Set<string>,
): readonly string[] | Objection | undefined {
  const found = files.follow(path)
  if (isAbsent(found)) return undefined
  if (isObjection(found)) return found
  if (!found.stats.isDirectory()) return { code: 'not-directory', message: `${path} is not a directory` }
  const identity = identityOf(found.stats)
  if (seen.has(identity)) return undefined
  seen.add(identity)
  const names = trust.objectionToContainer(path) ?? files.list(path)
  return isObjection(names) ? names : names.filter((name) => !isHidden(name))
}

function isAbsent(found: object): boolean {
  return isObjection(found) && found.code === 'missing'
}

/** Of two directories that serve one scheme, the lower-case name wins: it is the one other toolstacks find. */
export function namesInOrderOfPrecedence(kind: PluginKind, names: readonly string[]): readonly string[] {
  if (kind === 'volume') return names
  const isFolded = (name: string) => Number(name !== lookupName(kind, name))
  return names.toSorted((a, b) => isFolded(a) - isFolded(b))
}

function claim(claims: Map<string, string>, location: { kind: PluginKind; name: string; path: string }) {
  const key = `${location.kind} ${lookupName(location.kind, location.name)}`
  const owner = claims.get(key)
  if (owner === undefined) claims.set(key, location.path)
  return owner === undefined ? undefined : ({ code: 'shadowed', message: `shadowed by ${owner}` } as const)
}

/**
 * Who can write to a directory far above a root can replace the root as a whole. That is reported, not refused:
 * whoever set up the machine that way exposed the host program itself as well.
 */
function warningsAboutAncestors(root: string, { files, trust }: Moment): readonly Warning[] {
  const warnings: Warning[] = []
  const found = files.follow(root)
  if (isObjection(found)) return warnings
  for (let directory = dirname(found.path); ; directory = dirname(directory)) {
    const objection = trust.objectionToContainer(directory)
    if (objection !== undefined)
      warnings.push({ code: 'replaceable-root', message: `${root} can be replaced: ${objection.message}` })
    if (directory === dirname(directory)) return warnings
  }
}
