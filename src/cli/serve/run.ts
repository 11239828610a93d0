/** The command line of `serve`. It has the signals for itself, so it does not run as other verbs do. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { journaldLog } from '../../toolstack/daemon/journald-log.ts'
import { runDaemon } from '../../toolstack/daemon/run.ts'
import { refuse } from '../execute.ts'
import { COMMON_OPTIONS, optionsFrom, type TypedOptions, usage } from '../options.ts'
import { daemonOptionsFrom, SERVE_OPTIONS, type TypedServeOptions } from './options.ts'

const OPTIONS = { ...COMMON_OPTIONS, ...SERVE_OPTIONS } as const satisfies ParseArgsConfig['options']

/** Options that mean something to a single call only. */
const FOREIGN = ['timeout', 'dbg', 'json'] as const

/** Runs `serve` until it is ended, and returns the exit status. */
export async function run(words: readonly string[]): Promise<number> {
  try {
    const typed = parse(words)
    const options = optionsFrom({ 'log-level': 'info', ...typed })
    return await runDaemon(daemonOptionsFrom(typed, options), journaldLog(options.logLevel))
  } catch (thrown) {
    return refuse(thrown, words)
  }
}

function parse(words: readonly string[]): TypedOptions & TypedServeOptions {
  let parsed: ReturnType<typeof parseWords>
  try {
    parsed = parseWords(words)
  } catch (thrown) {
    throw usage(thrown instanceof Error ? thrown.message : String(thrown), 'See `smapiv3 serve --help`.')
  }
  const [, stray] = parsed.positionals
  if (stray !== undefined) throw usage(`\`serve\` takes no word ${JSON.stringify(stray)}`)
  const foreign = FOREIGN.find((name) => parsed.values[name] !== undefined)
  if (foreign !== undefined) throw usage(`--${foreign} means nothing to \`serve\``)
  return parsed.values
}

function parseWords(words: readonly string[]) {
  return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true })
}
