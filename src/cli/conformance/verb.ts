import { writeFile } from 'node:fs/promises'
import { CLAUSE_IDS, CLAUSES, type ClauseId, LEVELS, type Report, runConformance } from '../../conformance/index.ts'
import { clauseList } from '../../conformance/reporters/list.ts'
import { REPORTER_NAMES, REPORTERS } from '../../conformance/reporters/reporters.ts'
import { answer } from '../answer.ts'
import { flag, option } from '../arguments.ts'
import { usage } from '../options.ts'
import type { Session } from '../session.ts'
import { verb } from '../verb.ts'
import { configurationOf } from './configuration.ts'
import { Progress } from './progress.ts'

export const conformance = verb({
  command: 'conformance [directory]',
  summary: 'Judge a plugin: a verdict on its files, protocol, semantics, data and robustness',
  details: `Exit status 0 where every MUST that applies holds, otherwise 1. The suite makes SRs and volumes of its own and removes
them. Put {sr} where a --config value differs from SR to SR: it becomes another word for each. A datapath plugin is judged
alone with --uri of a scratch volume, whose content is lost.`,
  examples: [
    [
      'conformance volume.d/org.xen.xapi.storage.file --datapath datapath.d/file --config uri=file:///tmp/{sr}',
      'all clauses',
    ],
    ['conformance DIR --only VOL-SNAPSHOT --config uri=file:///tmp/{sr}', 'those that begin so'],
    ['conformance --list', 'what the clauses are'],
  ],
  takes: (yargs) =>
    yargs
      .positional('directory', { type: 'string', describe: 'Directory of the plugin, or its single file' })
      .option('list', flag('Print the clauses'))
      .option('kind', {
        ...option('Kind of the plugin, where its place does not tell', 'KIND'),
        choices: ['volume', 'datapath'] as const,
      })
      .option('datapath', { ...option('Directory of a datapath plugin for its URIs; repeatable', 'DIR'), array: true })
      .option('config', { ...option('Configuration of an SR (device_config); repeatable', 'KEY=VALUE'), array: true })
      .option('config-file', option('The same as a JSON object in a file', 'FILE'))
      .option('secrets-file', option('Secret configuration as a JSON object in a file', 'FILE'))
      .option('uri', option('URI of a scratch volume, to judge a datapath plugin alone', 'URI'))
      .option('only', { ...option('Clauses to judge, by how their ids begin; repeatable', 'ID'), array: true })
      .option('skip', { ...option('Clauses to leave out, by how their ids begin; repeatable', 'ID'), array: true })
      .option('level', { ...option('The least binding level to judge', 'LEVEL'), choices: LEVELS })
      .option('parallel', option('Checks at the same time', 'N'))
      .option('seed', option('Seed of random choices, to repeat a run', 'N'))
      .option('keep', flag('Leave what was made, and say what that is'))
      .option('reporter', { ...option('Form of the report', 'FORM'), choices: REPORTER_NAMES })
      .option('output', option('File for the report, in the place of standard output', 'FILE')),
  run: async (taken, session) => {
    if (taken.list === true) return answer(CLAUSES, clauseList)
    if (taken.directory === undefined) throw usage('name the directory of a plugin, or --list')
    for (const prefix of [...(taken.only ?? []), ...(taken.skip ?? [])]) demandClause(prefix)
    const progress = new Progress(session)
    const report = await runConformance({
      directory: taken.directory,
      kind: taken.kind,
      datapaths: taken.datapath,
      configuration: await configurationOf(taken.config, taken['config-file']),
      secrets: await configurationOf([], taken['secrets-file']),
      uri: taken.uri,
      only: taken.only,
      skip: taken.skip,
      level: taken.level,
      parallel: integer('--parallel', taken.parallel, 1),
      seed: integer('--seed', taken.seed, 0),
      timeout: session.options.deadline,
      keep: taken.keep,
      signal: session.call.signal,
      onProgress: (state) => progress.show(state),
    })
    progress.end()
    const text = REPORTERS[taken.reporter ?? (session.options.json ? 'json' : 'text')](report)
    if (taken.output !== undefined) await writeFile(taken.output, text)
    const printed = taken.output === undefined ? text : `${report.verdict.text} The report is in ${taken.output}.`
    return answerOf(report, printed, session)
  },
})

function answerOf(report: Report, text: string, { options, call }: Session) {
  const status = call.signal.aborted ? 130 : report.verdict.conforms ? 0 : 1
  return options.json ? answer(report, () => '', status) : answer(report, () => text, status)
}

function demandClause(prefix: string): asserts prefix is ClauseId {
  if (!CLAUSE_IDS.some((id) => id.startsWith(prefix)))
    throw usage(`there is no clause ${JSON.stringify(prefix)}`, 'See `smapiv3 conformance --list`.')
}

function integer(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
    throw usage(`${name} must be an integer of at least ${least}; seen: ${JSON.stringify(text)}`)
  return value
}
