/** What may come next on a command line that is being typed. Runs no plugin, and never fails: there is nobody to tell. */
import { METHOD_NAMES } from '../../contract/methods.ts'
import type { Host } from '../../host/host.ts'
import { findPlugin } from '../../registry/find.ts'
import { NOUNS, STANDALONE } from '../nouns.ts'
import { optionsFrom, positionalsOf, typedOptionsOf } from '../options.ts'

/** First word of the command line that asks for completions; the scripts for the shells know it. */
export const COMPLETE = '--complete'

interface Place {
  readonly host: Host
  readonly roots: readonly string[]
  /** The positional arguments before the one to complete. */
  readonly before: readonly string[]
}

/** Positional argument → words that may stand there. All others are nouns, verbs, options and choices, which yargs knows. */
const COMPLETERS: Readonly<Record<string, (place: Place) => readonly string[]>> = {
  plugin: ({ host }) => host.registry.scan().plugins.flatMap(({ kind, name }) => namesOf(kind, name)),
  datapath: ({ host }) => host.registry.scan().plugins.flatMap(({ kind, name }) => (kind === 'datapath' ? [name] : [])),
  sr: attachedSrs,
  source: attachedSrs,
  method: ({ roots, before }) => methodsOf(roots, before.at(-1) ?? ''),
}

/**
 * The words that may stand in the place of the last one, which may be empty.
 * @param typed the command line, the name of the program first
 * @param byDefault what yargs says to words
 */
export async function complete(
  typed: readonly string[],
  byDefault: (words: readonly string[]) => Promise<string>,
): Promise<readonly string[]> {
  try {
    const words = typed.slice(1)
    const current = words.at(-1) ?? ''
    const before = positionalsOf(words.slice(0, -1))
    const completer = current.startsWith('-') ? undefined : COMPLETERS[argumentAfter(before) ?? '']
    if (completer === undefined) {
      return (await byDefault(['--get-yargs-completions', ...typed])).split('\n').filter(isWord)
    }
    const { roots, stateDirectory } = optionsFrom(typedOptionsOf(words))
    const { Host } = await import('../../host/host.ts')
    const host = new Host({ roots, stateDirectory })
    const found = completer({ host, roots, before }).filter((word) => word !== '' && word.startsWith(current))
    host.close()
    return [...new Set(found)]
  } catch {
    return []
  }
}

/** yargs offers the short option `h` as if it were a long one. */
function isWord(candidate: string): boolean {
  return !/^--h(:|$)/.test(candidate)
}

/** Name of the positional argument that comes after some words. */
function argumentAfter(words: readonly string[]): string | undefined {
  const [noun = '', verb = ''] = words
  const verbs = Object.hasOwn(NOUNS, noun) ? (NOUNS[noun]?.verbs ?? []) : []
  const found = verbs.find(({ command }) => command.split(' ')[0] === verb)
  const alone = STANDALONE.find(({ command }) => command.split(' ')[0] === noun)
  const command = (found ?? alone)?.command.split(' ').slice(1) ?? []
  return command[words.length - (found === undefined ? 1 : 2)]?.replace(/[<>[\].]/g, '')
}

function attachedSrs({ host }: Place): readonly string[] {
  return host.srs.attached().flatMap(({ uuid, name }) => [uuid, name])
}

function namesOf(kind: string, name: string): string[] {
  const short = name.slice(name.lastIndexOf('.') + 1)
  return kind === 'volume' ? [short, name] : [name]
}

function methodsOf(roots: readonly string[], plugin: string): readonly string[] {
  try {
    return [...findPlugin(roots, plugin).scripts.keys()]
  } catch {
    return METHOD_NAMES
  }
}
