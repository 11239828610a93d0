/** One plugin on disk: what its files say, before anything of it has been run. */
import { dirname, join } from 'node:path'
import { Smapiv3Error } from '../contract/errors.ts'
import { isMethodName, METHOD_NAMES, METHODS, type MethodName, type PluginKind } from '../contract/methods.ts'
import { Files, type Found, identityOf, isObjection } from './files.ts'
import { objectionToName } from './layout.ts'
import { type Objection, type Rejection, rejection, rejectionError, type Warning } from './rejections.ts'
import { Trust } from './trust.ts'

/** `directory`: one script per method; `file`: one executable run as `<file> <Class>.<method> --json`. */
export type PluginShape = 'directory' | 'file'

/** The executable that serves a method. */
export interface ScriptFile {
  /** Absolute path as it is run; links are not resolved, for scripts dispatch on the base name of argv[0]. */
  readonly path: string
  readonly executable: boolean
  /** Device, inode and times of the file: another text when it was replaced, written or its mode changed. */
  readonly identity: string
}

export interface DiscoveredPlugin {
  readonly kind: PluginKind
  /** File name: the queue name of a volume plugin, the URI scheme of a datapath plugin. */
  readonly name: string
  /** Absolute path, links not resolved. */
  readonly path: string
  readonly shape: PluginShape
  /** By method, every method that has a regular file; of a single-file plugin every method of its kind. */
  readonly scripts: ReadonlyMap<MethodName, ScriptFile>
  /** Device, inode and times of the directory or file. */
  readonly identity: string
  readonly warnings: readonly Warning[]
}

/** Where a plugin would stand. */
export interface Location {
  readonly kind: PluginKind
  readonly name: string
  readonly path: string
}

const METHOD_OF_FOLDED_NAME: ReadonlyMap<string, MethodName> = new Map(
  METHOD_NAMES.map((method) => [method.toLowerCase(), method]),
)

/** The reads of one moment, shared by everything that is inspected in it. */
export interface Moment {
  readonly files: Files
  readonly trust: Trust
}

/** A new moment: nothing that was read before is believed any more. */
export function now(): Moment {
  const files = new Files()
  return { files, trust: new Trust(files) }
}

/** Reads what stands at a location: a plugin, or the reason why it is none. Runs nothing. */
export function inspect(location: Location, { files, trust }: Moment): DiscoveredPlugin | Rejection {
  const objection = objectionToName(location.kind, location.name)
  if (objection !== undefined) return rejection(objection, location)
  const found = files.follow(location.path)
  if (isObjection(found)) return rejection(found, location)
  const plugin = pluginAt(location, found, { files, trust })
  return isObjection(plugin) ? rejection(plugin, location) : Object.freeze(plugin)
}

/** Whether what {@link inspect} returned is a plugin. */
export function isPlugin(inspected: DiscoveredPlugin | Rejection): inspected is DiscoveredPlugin {
  return 'scripts' in inspected
}

/**
 * The file that serves a method of a plugin, read from the disk at each call: exact name first, then the smallest in
 * byte order that differs only in case.
 * @throws Smapiv3Error NO_SUCH_METHOD, SCRIPT_MISSING, SCRIPT_NOT_EXECUTABLE, or PLUGIN_REJECTED when the script or the
 *   plugin has become writable by others meanwhile
 */
export function scriptOf(plugin: DiscoveredPlugin, method: MethodName): ScriptFile {
  if (!isMethodName(method))
    throw new Smapiv3Error('NO_SUCH_METHOD', `${JSON.stringify(method)} is not a SMAPIv3 method`)
  const moment = now()
  const script = plugin.shape === 'file' ? usableFile(plugin.path, moment) : scriptIn(plugin.path, method, moment)
  if (script === undefined) {
    const where = plugin.shape === 'file' ? `${plugin.path} is not there any more` : `${plugin.path} has no ${method}`
    throw new Smapiv3Error('SCRIPT_MISSING', where)
  }
  if (isObjection(script)) throw rejectionError(rejection(script, plugin))
  if (!script.executable) throw new Smapiv3Error('SCRIPT_NOT_EXECUTABLE', `${script.path} is not executable`)
  return script
}

function pluginAt(location: Location, found: Found, moment: Moment): DiscoveredPlugin | Objection {
  if (!isFileOrDirectory(found))
    return { code: 'not-file-or-directory', message: `${found.path} is neither a directory nor a regular file` }
  const distrust = moment.trust.objectionTo(found)
  if (distrust !== undefined) return distrust
  return found.stats.isDirectory() ? directoryPlugin(location, found, moment) : filePlugin(location, found, moment)
}

function isFileOrDirectory({ stats }: Found): boolean {
  return stats.isFile() || stats.isDirectory()
}

function filePlugin(location: Location, found: Found, { files }: Moment): DiscoveredPlugin | Objection {
  const identity = identityOf(found.stats)
  if (!files.executable(found))
    return { code: 'not-executable', message: `${location.path} is a file without permission to execute it` }
  const script: ScriptFile = Object.freeze({ path: location.path, executable: true, identity })
  const methods = METHOD_NAMES.filter((method) => METHODS[method].kinds.includes(location.kind))
  const scripts = new Map(methods.map((method) => [method, script] as const))
  return { ...location, shape: 'file', scripts, identity, warnings: [] }
}

function directoryPlugin(location: Location, found: Found, moment: Moment): DiscoveredPlugin | Objection {
  const names = moment.files.list(location.path)
  if (isObjection(names)) return names
  const distrust = objectionToContents(location.path, names, moment)
  if (distrust !== undefined) return distrust
  const scripts = scriptsAmong(location.path, names, moment)
  const query = scripts.get('Plugin.query')
  if (query === undefined) return noQuery(location.path, names, moment)
  if (!query.executable)
    return { code: 'not-executable', message: `${query.path} is a file without permission to execute it` }
  const warnings = warningsAbout(location.path, names, scripts, moment)
  return { ...location, shape: 'directory', scripts, identity: identityOf(found.stats), warnings }
}

/** Helpers count too: a script that imports a module which others may write executes what they wrote. */
function objectionToContents(directory: string, names: readonly string[], moment: Moment): Objection | undefined {
  for (const name of names) {
    const found = moment.files.follow(join(directory, name))
    if (isObjection(found) || !isFileOrDirectory(found)) continue
    const objection = moment.trust.objectionTo(found)
    if (objection !== undefined) return objection
  }
  return undefined
}

function scriptsAmong(directory: string, names: readonly string[], moment: Moment): Map<MethodName, ScriptFile> {
  const scripts = new Map<MethodName, ScriptFile>()
  const files = new Map<string, string[]>()
  for (const name of names) {
    const folded = name.toLowerCase()
    files.set(folded, [...(files.get(folded) ?? []), name])
  }
  for (const method of METHOD_NAMES) {
    const candidates = files.get(method.toLowerCase())
    const script = candidates && firstFile(directory, method, candidates, moment)
    if (script) scripts.set(method, script)
  }
  return scripts
}

/** The exact name, or else the first in byte order, that is a regular file. */
function firstFile(
  directory: string,
  method: string,
  names: readonly string[],
  moment: Moment,
): ScriptFile | undefined {
  const exactFirst = names.includes(method) ? [method, ...names] : names
  for (const name of exactFirst) {
    const path = join(directory, name)
    const found = moment.files.follow(path)
    if (isObjection(found) || !found.stats.isFile()) continue
    return Object.freeze({ path, executable: moment.files.executable(found), identity: identityOf(found.stats) })
  }
  return undefined
}

function noQuery(directory: string, names: readonly string[], moment: Moment): Objection {
  const broken = names
    .filter((name) => name.toLowerCase() === 'plugin.query')
    .map((name) => moment.files.follow(join(directory, name)))
    .find(isObjection)
  return broken ?? { code: 'no-query', message: `${directory} has no Plugin.query` }
}

function warningsAbout(
  directory: string,
  names: readonly string[],
  scripts: ReadonlyMap<MethodName, ScriptFile>,
  moment: Moment,
): readonly Warning[] {
  const warnings: Warning[] = []
  for (const script of scripts.values())
    if (!script.executable)
      warnings.push({ code: 'script-not-executable', message: `${script.path} is not executable: chmod +x it` })
  for (const name of names) {
    const method = METHOD_OF_FOLDED_NAME.get(name.toLowerCase())
    if (method === undefined || scripts.has(method)) continue
    const found = moment.files.follow(join(directory, name))
    const reason = isObjection(found) ? found.message : `${join(directory, name)} is not a regular file`
    warnings.push({ code: 'unusable-script', message: `${method} cannot be run: ${reason}` })
  }
  return warnings
}

function usableFile(path: string, moment: Moment): ScriptFile | Objection | undefined {
  const found = moment.files.follow(path)
  if (isObjection(found) || !found.stats.isFile()) return undefined
  const distrust = moment.trust.objectionToContainer(dirname(path)) ?? moment.trust.objectionTo(found)
  return distrust ?? { path, executable: moment.files.executable(found), identity: identityOf(found.stats) }
}

function scriptIn(directory: string, method: MethodName, moment: Moment): ScriptFile | Objection | undefined {
  const plugin = moment.files.follow(directory)
  if (isObjection(plugin)) return undefined
  const distrust = moment.trust.objectionTo(plugin)
  if (distrust !== undefined) return distrust
  const exact = usableFile(join(directory, method), moment)
  if (exact !== undefined) return exact
  const names = moment.files.list(directory)
  if (isObjection(names)) return names
  const wanted = method.toLowerCase()
  const other = firstFile(
    directory,
    method,
    names.filter((name) => name.toLowerCase() === wanted),
    moment,
  )
  return other && usableFile(other.path, moment)
}
