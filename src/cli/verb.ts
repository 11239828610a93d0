import type { Argv } from 'yargs'
import { unmasked } from './double-dash.ts'
import type { Answer, Run, Session } from './session.ts'

/** A verb as it is written down: what it is called, what it takes, what it does. */
export interface VerbDefinition<Arguments> {
  /** The verb and its positional arguments, in the notation of yargs: `stat <sr> <key>`. */
  readonly command: string
  /** One line of help. */
  readonly summary: string
  /** Further paragraphs of help. */
  readonly details?: string
  /** Command lines with what they do. */
  readonly examples?: readonly (readonly [commandLine: string, effect: string])[]
  /** Describes the arguments. */
  readonly takes: (yargs: Argv) => Argv<Arguments>
  readonly run: (taken: Arguments, session: Session) => Promise<Answer>
}

/** A verb with the type of its arguments hidden, to stand in a list. */
export interface Verb {
  readonly command: string
  /** Adds the verb to a command line; `choose` gets it, ready to run, where it was the one that was typed. */
  readonly register: (yargs: Argv, choose: (run: Run) => void) => Argv
}

export function verb<Arguments>(definition: VerbDefinition<Arguments>): Verb {
  const { command, summary, takes, run } = definition
  return {
    command,
    register: (yargs, choose) =>
      yargs.command(
        command,
        summary,
        (own) => withHelp(takes(own), definition),
        // yargs adds names in camel case to the type only: the parser is told not to.
        (taken) => choose((session) => run(unmasked(taken as unknown as Arguments), session)),
      ),
  }
}

function withHelp<T>(yargs: Argv<T>, { details, examples = [] }: VerbDefinition<never> | VerbDefinition<T>): Argv<T> {
  const described = details === undefined ? yargs : yargs.epilogue(details.replaceAll('\n', ' '))
  return described.example(examples.map(([commandLine, effect]) => [`smapiv3 ${commandLine}`, effect]))
}
