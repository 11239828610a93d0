/** What the command line asks for: which method, and in which of its two modes. */
import { basename } from 'node:path'
import { METHOD_NAMES, type MethodName } from '../contract/methods.ts'

export type Invocation =
  /** One JSON object of params on stdin. */
  | { readonly mode: 'json'; readonly method: MethodName }
  /** Params as arguments. */
  | { readonly mode: 'arguments'; readonly method: MethodName; readonly words: readonly string[] }
  | { readonly mode: 'help'; readonly program: string }
  | { readonly mode: 'list-methods' }
  | { readonly mode: 'usage-error'; readonly message: string }

const JSON_OPTIONS = ['--json', '-j']
const HELP_OPTIONS = ['--help', '-h']

/**
 * Reads the command line of a process. The method is the base name of the executable, or, where that is none, the
 * first argument (a plugin in a single file).
 * @param argv as process.argv
 */
export function readInvocation(argv: readonly string[]): Invocation {
  const [, path = '', ...words] = argv
  const program = basename(path)
  const linked = methodNamed(program)
  if (linked !== undefined) return callOf(linked, words)
  const [first, ...rest] = words
  if (first === undefined) return { mode: 'usage-error', message: `${program}: which method? Try --help.` }
  if (first === '--methods') return { mode: 'list-methods' }
  if (HELP_OPTIONS.includes(first)) return { mode: 'help', program }
  const method = methodNamed(first)
  return method === undefined
    ? { mode: 'usage-error', message: `${program}: ${JSON.stringify(first)} is not a method of SMAPIv3. Try --help.` }
    : callOf(method, rest)
}

function callOf(method: MethodName, words: readonly string[]): Invocation {
  return words.some((word) => JSON_OPTIONS.includes(word))
    ? { mode: 'json', method }
    : { mode: 'arguments', method, words }
}

/** Without regard to case: installed plugins traditionally call a script `Plugin.Query`. */
function methodNamed(name: string): MethodName | undefined {
  const wanted = name.toLowerCase()
  return METHOD_NAMES.find((method) => method.toLowerCase() === wanted)
}
