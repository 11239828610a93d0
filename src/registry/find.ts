/** Finding one plugin by name or path, reading only what that takes. */
import { basename, dirname, join, resolve } from 'node:path'
import { Smapiv3Error } from '../contract/errors.ts'
import { METHODS, type MethodName, type PluginKind } from '../contract/methods.ts'
import { type Listing, type Listings, list, namesInOrderOfPrecedence } from './discover.ts'
import { isObjection } from './files.ts'
import { isHidden, kindDirectoriesOf, kindOfDirectory, lookupName, objectionToName, shortName } from './layout.ts'
import { type DiscoveredPlugin, inspect, isPlugin, type Location, type Moment, now } from './plugin.ts'
import { type Rejection, rejection, rejectionError } from './rejections.ts'

/** Where no kind is asked for, the volume plugin is meant. */
const KINDS: readonly PluginKind[] = ['volume', 'datapath']

/** How many names an error lists. */
const NAMES_AT_MOST = 40

/** The kind of plugin that a method is called on; undefined for the classes that both kinds have (Plugin). */
export function kindOfMethod(method: MethodName): PluginKind | undefined {
  const { kinds } = METHODS[method]
  return kinds.length === 1 ? kinds[0] : undefined
}

/**
 * Finds a plugin and reads its directory, running nothing.
 *
 * @param name a queue name or scheme, the last component of a queue name (`file` finds `org.xen.xapi.storage.file`),
 *   or, when it contains a slash, the path of a plugin inside or outside of the roots
 * @param kind which kind is wanted; without it a volume plugin is preferred to a datapath plugin of the same name. The
 *   kind of a path is that of the directory it stands in; `kind` decides where that says nothing
 * @throws Smapiv3Error NO_SUCH_PLUGIN, or PLUGIN_REJECTED with the reason
 */
export function findPlugin(roots: readonly string[], name: string, kind?: PluginKind): DiscoveredPlugin {
  const moment = now()
  const location = name.includes('/') ? locationAt(name, kind, moment) : locationNamed(roots, name, kind, moment)
  const found = inspect(location, moment)
  if (isPlugin(found)) return found
  throw rejectionError(found)
}

function locationNamed(roots: readonly string[], name: string, kind: PluginKind | undefined, moment: Moment): Location {
  const kinds = kind === undefined ? KINDS : [kind]
  const { listings, rejections } = list(roots, moment, kinds)
  const found = meant(name, kinds, listings)
  if (found !== undefined) return found
  for (const rejected of rejections) {
    const location = meant(name, kinds, listingsUnder(rejected, kinds, moment))
    if (location !== undefined) throw rejectionError(rejection(rejected, location))
  }
  throw noSuchPlugin(name, kinds, { listings, rejections })
}

/** The location that a name means: kind by kind, the full name before the last component of one. */
function meant(name: string, kinds: readonly PluginKind[], listings: readonly Listing[]): Location | undefined {
  for (const kind of kinds) {
    const locations = locationsIn(listings, kind)
    const exact = locations.find((location) => lookupName(kind, location.name) === lookupName(kind, name))
    const short = () => locations.filter((location) => shortName(kind, location.name) === name)
    const found = exact ?? onlyOne(name, short())
    if (found !== undefined) return found
  }
  return undefined
}

/** What stands in a root or directory that is not trusted: to say so, never to use it. */
function listingsUnder(rejected: Rejection, kinds: readonly PluginKind[], { files }: Moment): readonly Listing[] {
  const { kind, path } = rejected
  const directories = kind === undefined ? kindDirectoriesOf(path) : [{ kind, path }]
  return directories
    .filter((directory) => kinds.includes(directory.kind))
    .map((directory) => ({ directory, names: files.list(directory.path) }))
    .flatMap(({ directory, names }) => (isObjection(names) ? [] : [{ ...directory, names }]))
}

/** Everything that may be meant by a name, in the order in which it wins. */
function locationsIn(listings: readonly Listing[], kind: PluginKind): readonly Location[] {
  return listings
    .filter((listing) => listing.kind === kind)
    .flatMap(({ path, names }) =>
      namesInOrderOfPrecedence(kind, names)
        .filter((name) => objectionToName(kind, name)?.code !== 'temporary')
        .map((name) => ({ kind, name, path: join(path, name) })),
    )
}

/** The first, unless several plugins of different names have that last component. */
function onlyOne(name: string, locations: readonly Location[]): Location | undefined {
  const names = new Set(locations.map((location) => location.name))
  if (names.size <= 1) return locations[0]
  const message = `${JSON.stringify(name)} may mean ${[...names].join(' or ')}`
  throw new Smapiv3Error('NO_SUCH_PLUGIN', message, { recovery: 'Give the full name.' })
}

function noSuchPlugin(name: string, kinds: readonly PluginKind[], { listings, rejections }: Listings): Smapiv3Error {
  const what = kinds.length === 1 ? `${kinds[0]} plugin` : 'plugin'
  const there = kinds.flatMap((kind) => locationsIn(listings, kind).map((location) => location.name))
  const names = [...new Set(there)]
  const more = names.length > NAMES_AT_MOST ? ` and ${names.length - NAMES_AT_MOST} more` : ''
  const known = names.length === 0 ? 'there are none' : `there are ${names.slice(0, NAMES_AT_MOST).join(', ')}${more}`
  const unusable = rejections.map(({ message }) => `; ${message}`).join('')
  return new Smapiv3Error('NO_SUCH_PLUGIN', `no ${what} is called ${JSON.stringify(name)}: ${known}${unusable}`)
}

function locationAt(name: string, kind: PluginKind | undefined, moment: Moment): Location {
  const path = resolve(name)
  const found = name.includes('\0') ? undefined : moment.files.follow(path)
  if (found === undefined || (isObjection(found) && found.code === 'missing') || isHidden(basename(path)))
    throw new Smapiv3Error('NO_SUCH_PLUGIN', `there is no plugin at ${JSON.stringify(name)}`)
  const directory = dirname(path)
  const location = {
    kind: kindOfDirectory(basename(directory)) ?? kind ?? kindByScripts(path, moment),
    name: basename(path),
    path,
  }
  const distrust = moment.trust.objectionToContainer(directory)
  if (distrust !== undefined) throw rejectionError(rejection(distrust, location))
  return location
}

/** A directory outside of any root that has scripts of the class Datapath is a datapath plugin. */
function kindByScripts(path: string, moment: Moment): PluginKind {
  const names = moment.files.list(path)
  if (isObjection(names)) return 'volume'
  return names.some((name) => name.toLowerCase().startsWith('datapath.')) ? 'datapath' : 'volume'
}
