/** How roots and plugins are laid out on disk (SMAPIv3 script protocol, section 2), and which names they may have. */
import { join, resolve } from 'node:path'
import type { PluginKind } from '../contract/methods.ts'
import type { Objection } from './rejections.ts'

/** What a volume plugin’s queue name starts with; the rest is the SR type. */
export const QUEUE_PREFIX = 'org.xen.xapi.storage.'

/** A directory of plugins of one kind. */
export interface KindDirectory {
  readonly kind: PluginKind
  readonly path: string
}

/** Our spelling, then the toolstack’s; within a root the earlier one wins. */
const KIND_DIRECTORIES: readonly { readonly name: string; readonly kind: PluginKind }[] = [
  { name: 'volume.d', kind: 'volume' },
  { name: 'volume', kind: 'volume' },
  { name: 'datapath.d', kind: 'datapath' },
  { name: 'datapath', kind: 'datapath' },
]

/** The names that a root may give its directories of plugins. */
export const KIND_DIRECTORY_NAMES: readonly string[] = KIND_DIRECTORIES.map(({ name }) => name)

/** Where the directories of plugins of a root would be; they need not exist. */
export function kindDirectoriesOf(root: string): readonly KindDirectory[] {
  return KIND_DIRECTORIES.map(({ name, kind }) => ({ kind, path: join(root, name) }))
}

/** The kind of plugin that stands in a directory of that name; undefined for any other directory. */
export function kindOfDirectory(name: string): PluginKind | undefined {
  return KIND_DIRECTORIES.find((directory) => directory.name === name)?.kind
}

/** Absolute roots, each once, in the order given: the first wins. */
export function absoluteRoots(roots: readonly string[]): readonly string[] {
  return [...new Set(roots.map((root) => resolve(root)))]
}

/** Names that are not even listed: `.git`, `.directory`, an editor’s `.swp`. */
export function isHidden(name: string): boolean {
  return name.startsWith('.')
}

/** What editors, dpkg, rpm and a toolstack’s own installer leave beside the real file. */
const TEMPORARY_NAME = /[~;]|\.(dpkg-\w+|ucf-\w+|rpm(new|save|orig)|bak|orig|tmp|sw[a-p])$|^#.*#$/

/** RFC 3986, section 3.1. */
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/

const QUEUE_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/

/** Objection to the file name of a would-be plugin. */
export function objectionToName(kind: PluginKind, name: string): Objection | undefined {
  const seen = JSON.stringify(name)
  if (TEMPORARY_NAME.test(name)) return { code: 'temporary', message: `${seen} is a temporary or left-over name` }
  if (kind === 'datapath' && !SCHEME.test(name))
    return { code: 'invalid-scheme', message: `${seen} is not a URI scheme` }
  if (kind === 'volume' && !QUEUE_NAME.test(name))
    return { code: 'invalid-name', message: `${seen} is not a name for a plugin` }
  return undefined
}

/** What two plugins of one kind may not share: schemes are compared without regard to case, queue names exactly. */
export function lookupName(kind: PluginKind, name: string): string {
  return kind === 'datapath' ? name.toLowerCase() : name
}

/** The SR type in a queue name (`file` in `org.xen.xapi.storage.file`), the scheme of a datapath plugin. */
export function shortName(kind: PluginKind, name: string): string {
  return kind === 'datapath' ? name.toLowerCase() : name.slice(name.lastIndexOf('.') + 1)
}
