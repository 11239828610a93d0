/** One run of the suite. */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { dir } from 'tmp-promise'
import type { MethodName, PluginKind } from '../contract/methods.ts'
import { Host } from '../host/host.ts'
import { loadSettings } from '../host/settings.ts'
import { pluginEnvironment } from '../invoke/environment.ts'
import { concerns } from './applicability.ts'
import { Caller, CallLog } from './caller.ts'
import { PHASES, type Phase } from './check.ts'
import { runCheck, runTogether } from './check-run.ts'
import { CHECKS } from './checks/index.ts'
import { LONG, TOGETHER } from './checks/together/index.ts'
import { LEVELS, type Level } from './clause.ts'
import { CLAUSES, type ClauseId } from './clauses.ts'
import { Ledger } from './ledger.ts'
import { type Configuration, Places } from './places.ts'
import type { Report } from './report.ts'
import { Resources } from './resources.ts'
import type { Run } from './run.ts'
import { Subjects } from './subjects.ts'
import { timingsOf } from './timings.ts'
import { grouped } from './together.ts'
import { verdictOf } from './verdict.ts'

export interface ConformanceOptions {
  /** The plugin to judge: a directory, or a single executable file. */
  readonly directory: string
  /** Its kind, where the directory that it stands in and its name do not say it. */
  readonly kind?: PluginKind | undefined
  /** Datapath plugins for the URIs of a volume plugin. */
  readonly datapaths?: readonly string[] | undefined
  /** Configuration that SRs are created with; `{sr}` in a value becomes another word for each SR. */
  readonly configuration?: Configuration | undefined
  /** Further configuration, whose values must not appear in what the plugin says. */
  readonly secrets?: Configuration | undefined
  /** URI of a scratch volume of at least 4 MiB, to judge a datapath plugin alone. Its content is lost. */
  readonly uri?: string | undefined
  /** Ids of clauses, or how they begin; all by default. */
  readonly only?: readonly string[] | undefined
  readonly skip?: readonly string[] | undefined
  /** The least binding level that is judged; `may`, that is all, by default. */
  readonly level?: Level | undefined
  /** Checks at the same time; 4 by default, and 1 for a datapath plugin alone. */
  readonly parallel?: number | undefined
  readonly seed?: number | undefined
  /** Seconds for each call of a script; 30 by default. */
  readonly timeout?: number | undefined
  /** Seconds for each check; that of ten calls by default. */
  readonly checkTimeout?: number | undefined
  /** Leave what was made, and say what that is. */
  readonly keep?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Told of every call before it starts. */
  readonly onCall?: ((method: MethodName) => void) | undefined
  /** Told of every clause that has been judged. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

export interface Progress {
  readonly judged: number
  readonly of: number
  readonly id: ClauseId
}

const TIMEOUT = 30
/** A check may take as long as this many calls that run into their deadline. */
const CALLS_PER_CHECK = 10

/**
 * Judges a plugin.
 * @throws Smapiv3Error where there is no such plugin, or the suite itself fails; what the plugin does is in the report
 */
export async function runConformance(options: ConformanceOptions): Promise<Report> {
  const { path: scratch } = await dir({ prefix: 'smapiv3-conformance-' })
  try {
    return await runIn(scratch, options)
  } finally {
    const isKept = options.keep === true && (await readdir(join(scratch, TEMPORARY)).catch(() => [])).length > 0
    // What the plugin has left running may still write there.
    if (!isKept) await rm(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

/** Name of the temporary directory that plugins are given. */
const TEMPORARY = 'tmp'

async function runIn(scratch: string, options: ConformanceOptions): Promise<Report> {
  const startedAt = new Date()
  const { level = 'may', seed = randomBytes(4).readUInt32LE(0), timeout = TIMEOUT } = options
  const { parallel = 4, keep = false, signal = new AbortController().signal } = options
  const name = `conformance-${randomBytes(4).toString('hex')}`
  const temporary = join(scratch, TEMPORARY)
  await mkdir(temporary)
  const settings = loadSettings()
  const environment = { TMPDIR: temporary, SMAPIV3_CONFORMANCE: name }
  const log = new CallLog()
  const set = { ...settings.environment.set, ...environment }
  const host = new Host({
    roots: [],
    stateDirectory: join(scratch, 'state'),
    settings: { ...settings, trace_limit: 0, environment: { ...settings.environment, set } },
    recorder: log,
  })
  const whole = pluginEnvironment(process.env, { ...settings.environment, set })
  const caller = new Caller(host, log, timeout, options.onCall)
  const { directory, datapaths = [], kind, configuration = {}, secrets = {}, uri } = options
  const subjects = await Subjects.find(host, directory, datapaths, kind)
  const checks = CHECKS.map((check) => ({
    ...check,
    wanted: check.clauses.filter((id) => isWanted(id, options, level, subjects)),
  }))
  const wanted = new Set(checks.flatMap((check) => check.wanted))
  const settled = new Set<ClauseId>()
  const ledger = new Ledger((id) => {
    if (!wanted.has(id)) return
    settled.add(id)
    options.onProgress?.({ judged: settled.size, of: wanted.size, id })
  })
  const left: string[] = []
  const run: Run = {
    name,
    startedAt,
    marks: new Set([name, name.replaceAll('-', '_')]),
    keep,
    left,
    seed,
    level,
    parallel,
    caller,
    subjects,
    ledger,
    resources: new Resources(),
    places: new Places({ ...configuration, ...secrets }, name),
    secrets: Object.values(secrets),
    scratch,
    temporary,
    environment: whole,
    leastEnvironment: leastOf(whole, settings.environment),
    uri,
    signal,
    selected: (id) => wanted.has(id),
    hasUsedDisks: false,
    attached: new Map(),
    lacking: new Set(),
    sampleVolume: undefined,
    sharedSr: undefined,
  }
  const { checkTimeout: within = timeout * CALLS_PER_CHECK } = options
  let defect: unknown
  try {
    for (const phases of stagesOf(run.places)) {
      // A datapath plugin alone has one scratch volume, which takes one check at a time.
      const limit = pLimit(phases.includes('alone') || subjects.judged.kind === 'datapath' ? 1 : parallel)
      const due = phases.flatMap((phase) => checks.filter((check) => check.phase === phase && check.wanted.length > 0))
      const { groups, single } = grouped(due, TOGETHER, LONG)
      const runs = [
        ...groups.map(async ([together, members]) => {
          const judge = await limit(() => runTogether(together, members, run, within))
          await Promise.all(judge.map((each) => limit(each)))
        }),
        ...single.map((check) => limit(() => runCheck(check, run, within))),
      ]
      const outcomes = await Promise.allSettled(runs)
      defect ??= outcomes.find((outcome) => outcome.status === 'rejected')?.reason
      if (defect !== undefined || signal.aborted) break
    }
  } finally {
    if (keep) left.push(...run.resources.names)
    else left.push(...(await run.resources.removeAll()))
    host.close()
  }
  if (defect !== undefined && !signal.aborted) throw defect
  const clauses = ledger.reports()
  return {
    plugin: subjects.judged.path,
    kind: subjects.judged.kind,
    datapaths: subjects.datapaths.filter((datapath) => datapath !== subjects.judged).map(({ path }) => path),
    seed,
    level,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    interrupted: signal.aborted,
    verdict: verdictOf(clauses, { interrupted: signal.aborted, wanted: wanted.size, left }),
    clauses,
    timings: timingsOf(log.seconds),
    left,
  }
}

/** What runs at the same time: where there is room for many SRs, nothing waits for the one that all share. */
function stagesOf({ isMany }: Places): readonly (readonly Phase[])[] {
  const before = PHASES.filter((phase) => phase !== 'alone')
  return [...(isMany ? [before] : before.map((phase) => [phase])), ['alone']]
}

function isWanted(id: ClauseId, options: ConformanceOptions, level: Level, subjects: Subjects): boolean {
  const { only = [], skip = [] } = options
  const begins = (prefix: string) => id.startsWith(prefix)
  return (
    concerns(id, subjects) &&
    LEVELS.indexOf(CLAUSES[id].level) <= LEVELS.indexOf(level) &&
    (only.length === 0 || only.some(begins)) &&
    !skip.some(begins)
  )
}

/** SMAPIV3_RUN_DIR says where the bundled plugins keep what is attached: without it nothing is. */
const KEPT = ['PATH', 'SMAPIV3_RUN_DIR']

function leastOf(
  whole: Readonly<Record<string, string>>,
  { pass, set }: { readonly pass: readonly string[]; readonly set: object },
): Readonly<Record<string, string>> {
  const names = [...KEPT, ...pass, ...Object.keys(set)]
  return Object.fromEntries(Object.entries(whole).filter(([name]) => names.includes(name)))
}
