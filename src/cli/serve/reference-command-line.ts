/** The command line of xapi-storage-script: long options only, of which a beginning that is clear is enough. */
import { objectionTo, REFERENCE_NAMES, type ReferenceName } from './reference-options.ts'

/** Exit statuses of the reference. */
export const UNKNOWN_OPTION = 124
export const MALFORMED_VALUE = 123

export type CommandLine =
  | { readonly show: 'help' | 'version' }
  | { readonly values: Partial<Record<ReferenceName, string>> }
  | { readonly exitStatus: typeof UNKNOWN_OPTION | typeof MALFORMED_VALUE; readonly problem: string }

export function readCommandLine(words: readonly string[]): CommandLine {
  const values: Partial<Record<ReferenceName, string>> = {}
  const rest = [...words]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(word)
    if (!match)
      return { exitStatus: UNKNOWN_OPTION, problem: `too many arguments, don't know what to do with '${word}'` }
    const [, typed = '', attached] = match
    const name = nameOf(typed)
    if (typeof name !== 'string') return { exitStatus: UNKNOWN_OPTION, problem: name.problem }
    if (name === 'help' || name === 'version') return { show: name }
    const value = attached ?? rest.shift()
    if (value === undefined) return { exitStatus: UNKNOWN_OPTION, problem: `option '--${name}' needs an argument` }
    const objection = objectionTo(name, value)
    if (objection !== undefined) return { exitStatus: MALFORMED_VALUE, problem: objection }
    values[name] = value
  }
  return { values }
}

function nameOf(typed: string): ReferenceName | 'help' | 'version' | { readonly problem: string } {
  const names = [...REFERENCE_NAMES, 'help', 'version'] as const
  const exact = names.find((name) => name === typed)
  const [only, ...others] = names.filter((name) => name.startsWith(typed))
  if (exact !== undefined) return exact
  if (only === undefined) return { problem: `unknown option '--${typed}'` }
  if (others.length === 0) return only
  return { problem: `option '--${typed}' is ambiguous: it may be ${[only, ...others].join(' or ')}` }
}
