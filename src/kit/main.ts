/** The main function of a plugin's executable: from the command line to the exit status. */
import { answerCommandLine } from './command-line.ts'
import type { Plugin } from './define.ts'
import { describePlugin } from './help.ts'
import { type Invocation, readInvocation } from './invocation.ts'
import { answerRequest } from './json-mode.ts'
import type { Outcome } from './outcome.ts'
import { writeOutput } from './streams.ts'

const STDOUT = 1
const STDERR = 2

type Answers = {
  readonly [I in Invocation as I['mode']]: (plugin: Plugin, invocation: I) => Outcome | Promise<Outcome>
}

const ANSWERS: Answers = {
  json: (plugin, { method }) => answerRequest(plugin, method),
  arguments: (plugin, { method, words }) => answerCommandLine(plugin, method, words),
  help: (plugin, { program }) => ({ status: 0, stdout: describePlugin(plugin, program) }),
  'list-methods': ({ methods }) => ({ status: 0, stdout: [...methods.keys(), ''].join('\n') }),
  'usage-error': (_plugin, { message }) => ({ status: 2, stderr: `${message}\n` }),
}

/**
 * Runs the plugin as this process was asked to, writes its answer and exits. The last statement of a plugin:
 * `void runPlugin(definePlugin({ … }))`.
 *
 * The method is the base name of the executable, or the first argument where that is none. With `--json` the params
 * are an object on stdin and a failure is an error object on stdout; otherwise they are arguments and a failure is text on
 * stderr. Exit status: 0 success, 1 failure, 2 not understood. `--methods` lists the methods, `--help` tells more.
 *
 * Only the result goes to stdout: what the plugin writes with `console` goes to stderr. Timers and connections that the
 * plugin leaves open do not keep the process.
 */
export async function runPlugin(plugin: Plugin): Promise<void> {
  console.log = console.info = console.debug = console.error
  const invocation = readInvocation(process.argv)
  const answer = ANSWERS[invocation.mode] as (plugin: Plugin, invocation: Invocation) => Outcome | Promise<Outcome>
  finish(await answer(plugin, invocation))
}

function finish({ status, stdout = '', stderr = '' }: Outcome): never {
  try {
    writeOutput(STDOUT, stdout)
    writeOutput(STDERR, stderr)
  } catch (error) {
    console.error(error)
    process.exit(1)
  }
  process.exit(status)
}
