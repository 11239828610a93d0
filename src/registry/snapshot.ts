/** What the registry knows at one moment: a value that never changes. */
import type { PluginKind } from '../contract/methods.ts'
import type { Discovery } from './discover.ts'
import type { QueryResult } from './features.ts'
import { lookupName } from './layout.ts'
import type { DiscoveredPlugin } from './plugin.ts'
import { isRegistration, type QueryOutcome, type Registration } from './query.ts'
import type { Rejection, Warning } from './rejections.ts'

interface Entry {
  readonly kind: PluginKind
  readonly name: string
  /** Absolute path of the plugin directory or file. */
  readonly path: string
  readonly warnings: readonly Warning[]
}

/** Answered Plugin.query and can be used. */
export interface ReadyPlugin extends Entry {
  readonly status: 'ready'
  readonly plugin: DiscoveredPlugin
  readonly query: QueryResult
  /** Declared features with their versions; a feature without a version is version 1. */
  readonly features: ReadonlyMap<string, number>
}

/** Cannot be used, for a reason on disk or because of what Plugin.query did. */
export interface RejectedPlugin extends Entry {
  readonly status: 'rejected'
  readonly reason: Rejection
}

/** Looks right on disk and has not answered Plugin.query yet. */
export interface PendingPlugin extends Entry {
  readonly status: 'pending'
  readonly plugin: DiscoveredPlugin
}

export type PluginEntry = ReadyPlugin | RejectedPlugin | PendingPlugin

export interface Snapshot {
  /** Everything in the directories of plugins, usable or not: volume plugins first, by name, then by path. */
  readonly plugins: readonly PluginEntry[]
  /** Roots and directories of plugins that cannot be used at all. */
  readonly rejections: readonly Rejection[]
  /** About the roots. */
  readonly warnings: readonly Warning[]
}

/** A snapshot of a discovery and of what is known of its plugins. */
export function snapshotOf(
  discovery: Discovery,
  known: (plugin: DiscoveredPlugin) => QueryOutcome | undefined,
): Snapshot {
  const discovered = discovery.plugins.map((plugin) => entryOf(plugin, known(plugin)))
  const rejected = discovery.rejections.map(rejectedEntry).filter((entry) => entry !== undefined)
  return Object.freeze({
    plugins: Object.freeze([...discovered, ...rejected].sort(inOrder)),
    rejections: Object.freeze(discovery.rejections.filter(({ name }) => name === undefined)),
    warnings: Object.freeze(discovery.warnings),
  })
}

/** A plugin that answered. */
export function readyEntry(plugin: DiscoveredPlugin, { query, features, warnings }: Registration): ReadyPlugin {
  return Object.freeze({
    status: 'ready',
    ...identity(plugin),
    plugin,
    query,
    features,
    warnings: Object.freeze([...plugin.warnings, ...warnings]),
  })
}

/** The usable plugin of exactly that name, if the snapshot has one. */
export function readyIn(snapshot: Snapshot, name: string, kind: PluginKind): ReadyPlugin | undefined {
  const wanted = lookupName(kind, name)
  return snapshot.plugins.find(
    (entry): entry is ReadyPlugin =>
      entry.status === 'ready' && entry.kind === kind && lookupName(kind, entry.name) === wanted,
  )
}

/**
 * Text that differs between two snapshots when something in them differs that a user of a plugin can notice: not when a
 * plugin merely wrote a helper file into its directory.
 */
export function fingerprint(snapshot: Snapshot): string {
  const plugins = snapshot.plugins.map((entry) => [
    entry.status,
    entry.kind,
    entry.path,
    entry.warnings,
    entry.status === 'rejected' ? [entry.reason.code, entry.reason.message] : [...entry.plugin.scripts],
    entry.status === 'ready' ? entry.query : null,
  ])
  const rejections = snapshot.rejections.map(({ code, message }) => [code, message])
  return JSON.stringify([plugins, rejections, snapshot.warnings])
}

function entryOf(plugin: DiscoveredPlugin, outcome: QueryOutcome | undefined): PluginEntry {
  const { warnings } = plugin
  if (outcome === undefined) return Object.freeze({ status: 'pending', ...identity(plugin), plugin, warnings })
  if (isRegistration(outcome)) return readyEntry(plugin, outcome)
  return Object.freeze({ status: 'rejected', ...identity(plugin), reason: outcome, warnings })
}

function rejectedEntry(reason: Rejection): RejectedPlugin | undefined {
  const { kind, name, path } = reason
  if (kind === undefined || name === undefined) return undefined
  return Object.freeze({ status: 'rejected', kind, name, path, reason, warnings: [] })
}

function identity({ kind, name, path }: DiscoveredPlugin): Pick<Entry, 'kind' | 'name' | 'path'> {
  return { kind, name, path }
}

const KIND_ORDER: Readonly<Record<PluginKind, number>> = { volume: 0, datapath: 1 }

function inOrder(a: PluginEntry, b: PluginEntry): number {
  const byName = compare(a.name, b.name)
  return KIND_ORDER[a.kind] - KIND_ORDER[b.kind] || byName || compare(a.path, b.path)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
