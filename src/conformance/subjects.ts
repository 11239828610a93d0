/** The plugins of a run: the one that is judged, and those it is judged with. */
import { basename, dirname, resolve } from 'node:path'
import { Smapiv3Error } from '../contract/errors.ts'
import { METHODS, type MethodName, type PluginKind } from '../contract/methods.ts'
import { schemeOf } from '../contract/uri.ts'
import type { Host } from '../host/host.ts'
import { parseFeatures, type QueryResult } from '../registry/features.ts'
import { kindOfDirectory } from '../registry/layout.ts'
import type { DiscoveredPlugin } from '../registry/plugin.ts'
import { NotApplicable } from './violation.ts'

/** A plugin as it was found before anything was judged. */
export interface Subject {
  readonly kind: PluginKind
  /** Absolute, links not resolved. */
  readonly path: string
  /** Its files, or why a toolstack does not accept them. */
  readonly files: DiscoveredPlugin | Smapiv3Error
  readonly query: QueryResult | undefined
  readonly features: ReadonlyMap<string, number>
}

/** Features that no toolstack adds by itself: without them the method is never called. */
const DECLARED = ['VDI_REVERT', 'VDI_CONFIG_CBT', 'VDI_COMPOSE', 'NONPERSISTENT', 'VDI_MIRROR_IN']

/**
 * Features of a format of images. A plugin says once for all of its SRs what it can; where it has several formats, it
 * declares what any of them can, and answers Unimplemented on an SR whose format cannot.
 */
export const OF_FORMATS: readonly string[] = ['VDI_CONFIG_CBT', 'VDI_COMPOSE']

export class Subjects {
  readonly judged: Subject
  readonly datapaths: readonly Subject[]

  constructor(judged: Subject, datapaths: readonly Subject[]) {
    this.judged = judged
    this.datapaths = datapaths
  }

  /** Finds them and asks each what it is. Datapath plugins that do not answer are refused: they are not what is judged. */
  static async find(host: Host, directory: string, datapaths: readonly string[], kind?: PluginKind): Promise<Subjects> {
    const path = resolve(directory)
    const judged = await subject(host, path, kind ?? kindOf(path))
    const others = await Promise.all(datapaths.map((other) => subject(host, resolve(other), 'datapath')))
    for (const { files, path: other, query } of others) {
      if (files instanceof Smapiv3Error) throw files
      if (query === undefined)
        throw new Smapiv3Error('PLUGIN_REJECTED', `the datapath plugin ${other} does not answer Plugin.query`)
    }
    return new Subjects(judged, judged.kind === 'datapath' ? [judged] : others)
  }

  /** The datapath plugin that serves a URI. */
  datapathOf(uri: string): Subject | undefined {
    const scheme = schemeOf(uri)
    return this.judged.kind === 'datapath'
      ? this.judged
      : this.datapaths.find(({ path }) => basename(path).toLowerCase() === scheme)
  }

  /**
   * What a plugin lacks for a method.
   * @throws NotApplicable
   */
  require(method: MethodName, owner: Subject): void {
    const { feature } = METHODS[method]
    const { files, path } = owner
    if (files instanceof Smapiv3Error) return
    if (!files.scripts.has(method)) throw new NotApplicable(`needs ${method}, which ${basename(path)} does not have`)
    if (feature !== null && DECLARED.includes(feature) && !owner.features.has(feature))
      throw new NotApplicable(`needs the feature ${feature}, which ${basename(path)} does not declare`)
  }

  /** The plugins that may have a method. */
  ownersOf(method: MethodName): readonly Subject[] {
    const { kinds } = METHODS[method]
    if (kinds.includes(this.judged.kind)) return [this.judged]
    return kinds.includes('datapath') ? this.datapaths : []
  }
}

async function subject(host: Host, path: string, kind: PluginKind): Promise<Subject> {
  let files: DiscoveredPlugin | Smapiv3Error
  try {
    files = host.files(path, kind)
  } catch (error) {
    if (!(error instanceof Smapiv3Error)) throw error
    if (error.kind === 'NO_SUCH_PLUGIN') throw error
    files = error
  }
  const query = files instanceof Smapiv3Error ? undefined : await queryOf(host, files)
  return { kind, path, files, query, features: parseFeatures(query?.features ?? []) }
}

async function queryOf(host: Host, { path, kind }: DiscoveredPlugin): Promise<QueryResult | undefined> {
  try {
    return (await host.plugin(path, kind)).query
  } catch (error) {
    if (error instanceof Smapiv3Error) return undefined
    throw error
  }
}

/** What the directory that it stands in says, otherwise its name: a queue name has dots. */
function kindOf(path: string): PluginKind {
  const name = basename(path)
  return kindOfDirectory(basename(dirname(path))) ?? (name.includes('.') ? 'volume' : 'datapath')
}
