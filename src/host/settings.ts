/** What an operator may set, in a file of JSON; everything has a default. */
import { readFileSync } from 'node:fs'
import { Smapiv3Error } from '../contract/errors.ts'
import { parseJson } from '../contract/json.ts'
import { isMethodName, METHOD_NAMES, METHODS, type MethodName } from '../contract/methods.ts'
import { isObject } from '../contract/normalise.ts'

/** Where the settings are, unless the environment variable SMAPIV3_CONFIG names another file. */
const DEFAULT_PATH = '/etc/smapiv3/config.json'

export interface Settings {
  /** Plugin name or `*` → method or `*` → deadline in seconds; 0 switches it off. The most exact entry counts. */
  readonly deadlines: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Environment of the plugins beside the allow-list: names passed on from the host's own, and values of their own. */
  readonly environment: { readonly pass: readonly string[]; readonly set: Readonly<Record<string, string>> }
  /** Bytes of stdout at which a script is killed; undefined for the default of 64 MiB. */
  readonly output_limit: number | undefined
  /** How many calls the trace keeps; 0 keeps none. */
  readonly trace_limit: number
}

const DEFAULTS: Settings = {
  deadlines: {},
  environment: { pass: [], set: {} },
  output_limit: undefined,
  trace_limit: 1000,
}

/** What is wrong with a value of a setting, or undefined. */
const CHECKS: Readonly<Record<keyof Settings, (value: unknown) => string | undefined>> = {
  deadlines: (value) =>
    isObject(value) &&
    Object.values(value).every((methods) => isObject(methods) && Object.entries(methods).every(isDeadline))
      ? undefined
      : 'must map plugin or * to method or * to seconds, 0 for none',
  environment: (value) =>
    isObject(value) &&
    isListOfText(value.pass ?? []) &&
    isObject(value.set ?? {}) &&
    isListOfText(Object.values(value.set ?? {}))
      ? undefined
      : 'must be {"pass": [names], "set": {name: value}}',
  output_limit: (value) => (Number.isSafeInteger(value) && Number(value) > 0 ? undefined : 'must be a number of bytes'),
  trace_limit: (value) => (Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'must be a number of calls'),
}

/**
 * Reads the settings; a missing default file means the defaults.
 * @throws Smapiv3Error BAD_CONFIGURATION, naming the file and the setting
 */
export function loadSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  const path = environment.SMAPIV3_CONFIG || DEFAULT_PATH
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    if (absent && path === DEFAULT_PATH) return DEFAULTS
    throw new Smapiv3Error('BAD_CONFIGURATION', `cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
  return readSettings(text, path)
}

/** Seconds from which a deadline of the method table says that the method may legitimately take very long. */
const SLOW = 60 * 60

/**
 * The settings of a daemon under a toolstack, which never times out itself: methods that may legitimately take very long
 * have no deadline, unless the operator gave them one.
 */
export function withoutSlowDeadlines(settings: Settings): Settings {
  const { '*': all = {}, ...plugins } = settings.deadlines
  if (all['*'] !== undefined) return settings
  const slow = METHOD_NAMES.filter((method) => METHODS[method].deadline >= SLOW)
  return {
    ...settings,
    deadlines: { ...plugins, '*': { ...Object.fromEntries(slow.map((method) => [method, 0])), ...all } },
  }
}

/** The deadline of a call in seconds, 0 for none: the most exact setting, otherwise that of the method table. */
export function deadlineOf({ deadlines }: Settings, plugin: string, method: MethodName): number {
  const own = deadlines[plugin]
  const all = deadlines['*']
  return own?.[method] ?? own?.['*'] ?? all?.[method] ?? all?.['*'] ?? METHODS[method].deadline
}

function readSettings(text: string, path: string): Settings {
  let settings: unknown
  try {
    settings = parseJson(text)
  } catch (cause) {
    throw new Smapiv3Error('BAD_CONFIGURATION', `${path} is not JSON: ${(cause as Error).message}`, { cause })
  }
  if (!isObject(settings)) throw new Smapiv3Error('BAD_CONFIGURATION', `${path} must hold a JSON object`)
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(CHECKS, name)) {
      const known = Object.keys(CHECKS).join(', ')
      throw new Smapiv3Error(
        'BAD_CONFIGURATION',
        `${path}: there is no setting ${JSON.stringify(name)}; there are ${known}`,
      )
    }
    const problem = CHECKS[name as keyof Settings](value)
    if (problem !== undefined) throw new Smapiv3Error('BAD_CONFIGURATION', `${path}: ${name} ${problem}`)
  }
  const environment = { ...DEFAULTS.environment, ...(settings.environment as object | undefined) }
  return { ...DEFAULTS, ...(settings as Partial<Settings>), environment }
}

function isDeadline([method, seconds]: [string, unknown]): boolean {
  return (method === '*' || isMethodName(method)) && typeof seconds === 'number' && seconds >= 0
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
