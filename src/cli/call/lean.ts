/** The command line of `call` without yargs, which takes longer to load than Node itself. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { PluginCalls } from '../../host/plugin-calls.ts'
import { execute, refuse } from '../execute.ts'
import { COMMON_OPTIONS, optionsFrom, type TypedOptions, usage } from '../options.ts'
import type { CallArguments } from './call.ts'
import { callMethod } from './call.ts'

const OPTIONS = { ...COMMON_OPTIONS, params: { type: 'string' } } as const satisfies ParseArgsConfig['options']

const RECOVERY = 'See `smapiv3 call --help`.'

/** Runs `call` and returns the exit status. */
export async function run(words: readonly string[]): Promise<number> {
  try {
    const { typed, taken } = parse(words)
    return await execute(
      optionsFrom(typed),
      (options) => new PluginCalls(options),
      (session) => callMethod(taken, session),
    )
  } catch (thrown) {
    return refuse(thrown, words)
  }
}

function parse(words: readonly string[]): { typed: TypedOptions; taken: CallArguments } {
  const { values, positionals, tokens } = parsed(words)
  const given = tokens.flatMap((token) => (token.kind === 'option' && token.name !== 'root' ? [token.name] : []))
  const twice = given.find((name, index) => given.indexOf(name) !== index)
  if (twice !== undefined) throw usage(`--${twice} is given twice`, RECOVERY)
  const [, plugin, method, ...parameters] = positionals
  if (plugin === undefined || method === undefined) {
    throw usage('`call` needs a plugin and a method: smapiv3 call <plugin> <Class.method> [name=value..]', RECOVERY)
  }
  return { typed: values, taken: { plugin, method, parameters, params: values.params } }
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true, tokens: true })
  } catch (thrown) {
    throw usage(thrown instanceof Error ? thrown.message : String(thrown), RECOVERY)
  }
}
