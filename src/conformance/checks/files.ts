/** Checks on the files of a plugin. */
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs'
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path'
import { Smapiv3Error } from '../../contract/errors.ts'
import { isMethodName, METHOD_NAMES, METHODS, type MethodName } from '../../contract/methods.ts'
import type { DiscoveredPlugin } from '../../registry/plugin.ts'
import { type Check, check } from '../check.ts'
import type { ClauseId } from '../clauses.ts'
import type { Context } from '../context.ts'
import { demand, NotApplicable, Violation } from '../violation.ts'

const CLASS_METHOD = /^(Plugin|SR|Volume|Datapath|Data|Task)\.\w+$/

export const FILE_CHECKS: readonly Check[] = [
  on('FIL-PLUGIN-001', async (context) => {
    const { files } = context.run.subjects.judged
    if (files instanceof Smapiv3Error) throw new Violation('a plugin that is accepted', files.message)
  }),
  on('FIL-NAME-001', async (context) => {
    const name = basename(context.run.subjects.judged.path)
    demand(/^org\.xen\.xapi\.storage\.[a-z0-9_+-]+$/.test(name), 'a name such as org.xen.xapi.storage.demo', name)
  }),
  on('FIL-NAME-002', async (context) => {
    const name = basename(context.run.subjects.judged.path)
    demand(/^[a-z][a-z0-9+.-]*$/.test(name), 'a name that is a URI scheme in lower case', name)
  }),
  on('FIL-EXEC-001', async (context) => {
    const { scripts, warnings } = filesOf(context)
    const closed = [...scripts.values()].filter(({ executable }) => !executable).map(({ path }) => path)
    const unusable = warnings.filter(({ code }) => code === 'unusable-script').map(({ message }) => message)
    demand(closed.length + unusable.length === 0, 'every script may be executed', [...closed, ...unusable])
  }),
  on('FIL-EXEC-002', async (context) => {
    const missing = [...new Set([...filesOf(context).scripts.values()].map(({ path }) => path))].flatMap((path) => {
      const interpreter = interpreterOf(path)
      return interpreter === undefined || isProgram(interpreter) ? [] : [`${path}: ${interpreter}`]
    })
    demand(missing.length === 0, 'every interpreter exists', missing)
  }),
  on('FIL-LINK-001', async (context) => {
    const broken = linksOf(context).filter(({ path }) => !exists(path))
    demand(
      broken.length === 0,
      'every link leads somewhere',
      broken.map(({ path, target }) => `${path} → ${target}`),
    )
  }),
  on('FIL-LINK-002', async (context) => {
    const { path: directory } = filesOf(context)
    const absolute = linksOf(context).filter(
      ({ target }) => isAbsolute(target) && resolve(target).startsWith(`${directory}/`),
    )
    demand(
      absolute.length === 0,
      'links inside the directory are relative',
      absolute.map(({ path, target }) => `${path} → ${target}`),
    )
  }),
  on('FIL-CASE-001', async (context) => {
    const byMethod = new Map<string, string[]>()
    for (const name of namesOf(context))
      byMethod.set(name.toLowerCase(), [...(byMethod.get(name.toLowerCase()) ?? []), name])
    const twins = [...byMethod].filter(([folded, names]) => names.length > 1 && methodOf(folded) !== undefined)
    // Plugin.query and Plugin.Query beside each other are common and harmless where they are the same file.
    const different = twins.filter(([, names]) => new Set(names.map((name) => identity(context, name))).size > 1)
    demand(
      different.length === 0,
      'one file for each method',
      different.map(([, names]) => names),
    )
  }),
  on('FIL-CASE-002', async (context) => {
    const misspelled = namesOf(context).filter((name) => {
      const method = methodOf(name)
      return method !== undefined && name !== method && name !== 'Plugin.Query'
    })
    demand(misspelled.length === 0, 'names as the interface spells them', misspelled)
  }),
  on('FIL-CASE-003', async (context) => {
    demand(
      namesOf(context).includes('Plugin.Query'),
      'a script Plugin.Query',
      namesOf(context).filter((name) => /^plugin\./i.test(name)),
    )
  }),
  on('FIL-MODE-001', async (context) => {
    // A toolstack that looks does not accept such a plugin, so that nothing else is known of it.
    const { path } = context.run.subjects.judged
    const names = statSync(path).isDirectory() ? readdirSync(path) : []
    const paths = [path, ...names.map((name) => join(path, name))]
    const open = paths.filter((file) => exists(file) && (statSync(file).mode & 0o022) !== 0)
    demand(open.length === 0, 'no file that group or others may write', open)
  }),
  on('FIL-STRAY-001', async (context) => {
    const stray = namesOf(context).filter(
      (name) => CLASS_METHOD.test(name) && methodOf(name) === undefined && !/\.(py|sh|md|ts|js|json)$/.test(name),
    )
    demand(stray.length === 0, 'every Class.method is a method of the interface', stray)
  }),
  on('FIL-STRAY-002', async (context) => {
    const { kind } = filesOf(context)
    const foreign = namesOf(context).filter((name) => {
      const method = methodOf(name)
      return method !== undefined && !METHODS[method].kinds.includes(kind)
    })
    demand(foreign.length === 0, `scripts of a ${kind} plugin only`, foreign)
  }),
  has('FIL-SCRIPT-001', 'SR.attach'),
  has('FIL-SCRIPT-002', 'SR.detach'),
  has('FIL-SCRIPT-003', 'SR.stat'),
  has('FIL-SCRIPT-004', 'SR.ls'),
  has('FIL-SCRIPT-005', 'Volume.stat'),
  has('FIL-SCRIPT-006', 'Datapath.attach'),
  has('FIL-SCRIPT-007', 'Datapath.activate'),
  has('FIL-SCRIPT-008', 'Datapath.deactivate'),
  has('FIL-SCRIPT-009', 'Datapath.detach'),
  on('FIL-SCRIPT-010', async (context) => {
    requireCreate(context)
    demandScripts(context, ['Volume.set', 'Volume.unset', 'Volume.destroy'])
  }),
  on('FIL-SCRIPT-011', async (context) => {
    requireCreate(context)
    demandScripts(context, ['SR.set_name', 'SR.set_description', 'Volume.set_name', 'Volume.set_description'])
  }),
  has('FIL-SCRIPT-012', 'Plugin.diagnostics'),
]

/** @throws NotApplicable for a plugin that shows what others have made, and may have nowhere to keep anything */
function requireCreate(context: Context): void {
  if (!filesOf(context).scripts.has('Volume.create'))
    throw new NotApplicable('needs Volume.create, which the plugin does not have')
}

function on(id: ClauseId, body: (context: Context) => Promise<void>): Check {
  return check(id, 'first', body)
}

function has(id: ClauseId, method: MethodName): Check {
  return on(id, async (context) => demandScripts(context, [method]))
}

function demandScripts(context: Context, methods: readonly MethodName[]): void {
  const { scripts, path } = filesOf(context)
  const missing = methods.filter((method) => !scripts.has(method))
  demand(missing.length === 0, `${path} has ${methods.join(', ')}`, `it lacks ${missing.join(', ')}`)
}

/** @throws NotApplicable where the plugin is not accepted, which FIL-PLUGIN-001 says */
function filesOf(context: Context): DiscoveredPlugin {
  const { files } = context.run.subjects.judged
  if (files instanceof Smapiv3Error) throw new NotApplicable('needs a plugin that is accepted')
  return files
}

/** File names in the directory of the plugin; none for a plugin in one file. */
function namesOf(context: Context): readonly string[] {
  const { path, shape } = filesOf(context)
  return shape === 'file' ? [] : readdirSync(path)
}

function linksOf(context: Context): readonly { readonly path: string; readonly target: string }[] {
  const { path } = filesOf(context)
  return namesOf(context)
    .map((name) => join(path, name))
    .filter((file) => lstatSync(file).isSymbolicLink())
    .map((file) => ({ path: file, target: readlinkSync(file) }))
}

function methodOf(name: string): MethodName | undefined {
  return isMethodName(name) ? name : METHOD_NAMES.find((method) => method.toLowerCase() === name.toLowerCase())
}

function identity(context: Context, name: string): string {
  const path = join(filesOf(context).path, name)
  if (!exists(path)) return name
  const { dev, ino } = statSync(path)
  return `${dev}:${ino}`
}

/** What the #! line names; undefined where there is none. */
function interpreterOf(path: string): string | undefined {
  const file = openSync(path, 'r')
  try {
    const beginning = Buffer.alloc(256)
    const length = readSync(file, beginning, 0, beginning.length, 0)
    const line = /^#! *(\S+)(?:[ \t]+(?:-S[ \t]+)?(\S+))?/.exec(beginning.subarray(0, length).toString())
    return line?.[1] !== undefined && basename(line[1]) === 'env' ? line[2] : line?.[1]
  } finally {
    closeSync(file)
  }
}

function isProgram(name: string): boolean {
  const directories = (process.env.PATH ?? '').split(delimiter)
  const candidates = name.includes('/') ? [name] : directories.map((directory) => join(directory, name))
  return candidates.some((candidate) => {
    try {
      accessSync(candidate, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
