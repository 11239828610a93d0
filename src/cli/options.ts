/** The options that every verb has: one table, read by the lean command line of `call` and by yargs. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Smapiv3Error } from '../contract/errors.ts'
import { packageRoot } from './package-root.ts'

/** How much is logged, least first. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export const COMMON_OPTIONS = {
  root: {
    type: 'string',
    multiple: true,
    describe: 'Directory with volume.d and datapath.d; repeatable, the first wins [SMAPIV3_ROOT]',
  },
  'state-dir': { type: 'string', describe: 'Directory of attached SRs, disks and the trace [SMAPIV3_STATE_DIR]' },
  timeout: { type: 'string', describe: 'Seconds for each script that is run, 0 for no limit' },
  dbg: { type: 'string', describe: 'Debug string that plugins get as their first parameter' },
  json: { type: 'boolean', describe: 'Print exactly one JSON document on standard output' },
  'log-level': { type: 'string', describe: `How much is logged on standard error: ${LOG_LEVELS.join(', ')}` },
} as const

/** The values of {@link COMMON_OPTIONS} as they were typed. */
export interface TypedOptions {
  readonly root?: readonly string[] | undefined
  readonly 'state-dir'?: string | undefined
  readonly timeout?: string | undefined
  readonly dbg?: string | undefined
  readonly json?: boolean | undefined
  readonly 'log-level'?: string | undefined
}

export interface Options {
  /** Directories with plugins, the first wins. */
  readonly roots: readonly string[]
  readonly stateDirectory: string
  /** Seconds for each script, 0 for none; undefined leaves it to the settings and the method table. */
  readonly deadline: number | undefined
  readonly dbg: string | undefined
  readonly json: boolean
  readonly logLevel: LogLevel
}

/**
 * The options in effect: what was typed, otherwise the environment, otherwise the defaults.
 * @throws Smapiv3Error USAGE
 */
export function optionsFrom(typed: TypedOptions, environment: NodeJS.ProcessEnv = process.env): Options {
  return {
    roots: rootsFrom(typed.root, environment),
    stateDirectory: resolve(stateDirectoryFrom(typed['state-dir'], environment)),
    deadline: typed.timeout === undefined ? undefined : secondsFrom(typed.timeout),
    dbg: typed.dbg,
    json: typed.json === true,
    logLevel: logLevelFrom(typed['log-level'] ?? 'warn'),
  }
}

/** The first word that is no option: the noun; undefined where there is none, or where help is asked for. */
export function nounOf(words: readonly string[]): string | undefined {
  const { positionals, tokens } = lenient(words)
  const wantsHelp = tokens.some((token) => token.kind === 'option' && (token.name === 'help' || token.name === 'h'))
  return wantsHelp ? undefined : positionals[0]
}

/** The words of a command line that are no options, even where it is wrong. */
export function positionalsOf(words: readonly string[]): readonly string[] {
  return lenient(words).positionals
}

/** The common options of a command line as they were typed, even where it is wrong otherwise. */
export function typedOptionsOf(words: readonly string[]): TypedOptions {
  const { values } = lenient(words)
  const isTyped = ([name, value]: [string, unknown]) => Object.hasOwn(COMMON_OPTIONS, name) && value !== true
  return Object.fromEntries(Object.entries(values).filter(isTyped)) as TypedOptions
}

/** Whether a command line asks for JSON, even where it is wrong otherwise. */
export function wantsJson(words: readonly string[]): boolean {
  return lenient(words).values.json === true
}

/** An error in the command line. */
export function usage(message: string, recovery?: string): Smapiv3Error {
  return new Smapiv3Error('USAGE', message, { recovery })
}

function lenient(words: readonly string[]) {
  return parseArgs({ args: [...words], options: COMMON_OPTIONS, strict: false, allowPositionals: true, tokens: true })
}

function rootsFrom(typed: readonly string[] | undefined, environment: NodeJS.ProcessEnv): readonly string[] {
  if (typed !== undefined && typed.length > 0) return typed.map((root) => resolve(nonEmpty('--root', root)))
  const named = (environment.SMAPIV3_ROOT ?? '').split(':').filter((root) => root !== '')
  return named.length > 0 ? named.map((root) => resolve(root)) : [packageRoot()]
}

function stateDirectoryFrom(typed: string | undefined, environment: NodeJS.ProcessEnv): string {
  if (typed !== undefined) return nonEmpty('--state-dir', typed)
  if (environment.SMAPIV3_STATE_DIR) return environment.SMAPIV3_STATE_DIR
  if (process.geteuid?.() === 0) return '/var/lib/smapiv3'
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'smapiv3')
}

function nonEmpty(option: string, value: string): string {
  if (value === '') throw usage(`${option} needs a directory`)
  return value
}

function secondsFrom(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number.isFinite(Number(text))) return Number(text)
  throw usage(`--timeout must be a number of seconds, 0 for no limit; seen: ${JSON.stringify(text)}`)
}

function logLevelFrom(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text)
  if (level !== undefined) return level
  throw usage(`--log-level must be one of ${LOG_LEVELS.join(', ')}; seen: ${JSON.stringify(text)}`)
}
