/** The command line as yargs reads it: every noun with its verbs, strict, with help and completion. */
import yargs, { type Argv, type Options as YargsOption } from 'yargs'
import { Smapiv3Error } from '../contract/errors.ts'
import { Host } from '../host/host.ts'
import { COMPLETE, complete } from './completion/complete.ts'
import { masked, withoutMask } from './double-dash.ts'
import { execute, refuse } from './execute.ts'
import type { Noun } from './noun.ts'
import { NOUNS, STANDALONE } from './nouns.ts'
import { COMMON_OPTIONS, LOG_LEVELS, optionsFrom, positionalsOf, type TypedOptions, usage } from './options.ts'
import { Output } from './output.ts'
import { daemonProgram } from './serve/start.ts'
import type { Run } from './session.ts'
import { version } from './version.ts'

const HELP_WIDTH = 100

const OVERVIEW = `Exit status: 0 success, 1 the plugin reported an error, 2 usage, 3 the plugin broke the protocol,
4 no such plugin, SR, volume or datapath, 5 timed out, 6 the host's own failure, 130 interrupted.`

interface Parsed {
  readonly typed: TypedOptions
  readonly run: Run | undefined
  /** Help or the version, where those were asked for. */
  readonly printed: string
}

/** Runs what a command line says and returns the exit status. */
export async function run(words: readonly string[]): Promise<number> {
  try {
    const daemon = await daemonProgram(process.argv[1] ?? '', words)
    if (daemon !== undefined) return await daemon(words)
    if (words[0] === COMPLETE) return await print((await complete(words.slice(1), said)).join('\n'))
    const { typed, run, printed } = await parse(masked(withShortHelp(words)))
    return run === undefined
      ? await print(printed)
      : await execute(optionsFrom(typed), (options) => new Host(options), run)
  } catch (thrown) {
    return refuse(thrown, words)
  }
}

async function said(words: readonly string[]): Promise<string> {
  return (await parse(words)).printed
}

async function print(text: string): Promise<number> {
  const output = new Output()
  output.line(text)
  await output.flush()
  return 0
}

async function parse(words: readonly string[]): Promise<Parsed> {
  let chosen: Run | undefined
  let printed = ''
  const parser = programOf((run) => {
    chosen = run
  })
  try {
    const typed = await parser.parseAsync([...words], {}, (_error: unknown, _typed: unknown, output: string) => {
      printed = output
    })
    return { typed: typed as TypedOptions, run: printed === '' ? chosen : undefined, printed }
  } catch (thrown) {
    throw thrown instanceof Smapiv3Error ? thrown : misunderstood(thrown, words)
  }
}

function programOf(choose: (run: Run) => void): Argv {
  const program = yargs()
    .scriptName('smapiv3')
    .usage('smapiv3 <noun> <verb>: run, drive and certify SMAPIv3 storage plugins')
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'boolean-negation': false,
      'greedy-arrays': false,
    })
    .detectLocale(false)
    .exitProcess(false)
    .fail(false)
    .strict()
    .options(commonOptions())
    .group([...Object.keys(COMMON_OPTIONS), 'h', 'version'], 'Common options:')
    .help('h', 'Show help (also --help)')
    .recommendCommands()
    .version(version())
    .wrap(HELP_WIDTH)
    .check(noOptionTwice)
    .epilogue(OVERVIEW)
  for (const [name, noun] of Object.entries(NOUNS)) registerNoun(program, name, noun, choose)
  for (const verb of STANDALONE) verb.register(program, choose)
  return program.demandCommand(1, 1, 'Name a noun and a verb, such as `plugin ls`.', 'One command at a time.')
}

function registerNoun(program: Argv, name: string, { summary, verbs, otherwise }: Noun, choose: (run: Run) => void) {
  program.command(otherwise === undefined ? `${name} <verb>` : name, summary, (own) => {
    for (const verb of verbs) verb.register(own, choose)
    otherwise?.register(own, choose)
    return own.demandCommand(otherwise === undefined ? 1 : 0, `Name a verb of ${name}.`).epilogue('')
  })
}

function commonOptions(): Record<string, YargsOption> {
  const entries = Object.entries(COMMON_OPTIONS).map(([name, row]): [string, YargsOption] => {
    const { type, describe } = row
    if (type === 'boolean') return [name, { type, describe }]
    return [name, { type, describe, requiresArg: true, ...('multiple' in row ? { array: true } : {}) }]
  })
  return { ...Object.fromEntries(entries), 'log-level': { choices: LOG_LEVELS, describe: 'How much is logged' } }
}

/** yargs makes a list of an option that is given twice; only those that are lists anyway may be. */
function noOptionTwice(typed: Record<string, unknown>): true {
  const lists = ['_', 'root', 'settings', 'parameters', 'datapath', 'config', 'only', 'skip']
  const twice = Object.keys(typed).find((name) => Array.isArray(typed[name]) && !lists.includes(name))
  if (twice !== undefined) throw usage(`--${twice} is given twice`)
  return true
}

/** yargs would take a last word `help`, which may be somebody's name of a volume, for --help; it leaves single letters alone. */
function withShortHelp(words: readonly string[]): string[] {
  const end = words.indexOf('--')
  return words.map((word, index) => (word === '--help' && (end < 0 || index < end) ? '-h' : word))
}

/** What yargs says of a command line, as an error that says how it should be. */
function misunderstood(thrown: unknown, words: readonly string[]): Smapiv3Error {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const [first = '', second = ''] = positionalsOf(words)
  const noun = Object.hasOwn(NOUNS, first) ? NOUNS[first] : undefined
  const verb = noun?.verbs.find(({ command }) => command.split(' ')[0] === second)
  const known = ['smapiv3', ...(noun ? [first] : []), ...(verb ? [second] : [])].join(' ')
  const form = verb === undefined ? '' : `Usage: smapiv3 ${first} ${verb.command}. `
  return usage(withoutMask(message.replaceAll('\n', ' ')), `${form}See \`${known} --help\`.`)
}
