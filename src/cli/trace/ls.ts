import type { Argv } from 'yargs'
import { answer } from '../answer.ts'
import { flag, option } from '../arguments.ts'
import { usage } from '../options.ts'
import type { Answer, Session } from '../session.ts'
import { verb } from '../verb.ts'
import { follow } from './follow.ts'
import { callsText, callText } from './render.ts'

const LAST = 20

interface ListArguments {
  readonly last: string | undefined
  readonly follow: boolean | undefined
}

export const ls = verb({
  command: 'ls',
  summary: 'List the last calls',
  takes: listed,
  run: list,
})

/** `trace` without a verb. */
export const callOrCalls = verb({
  command: '$0 [id]',
  summary: 'List the last calls, or show one of them whole',
  examples: [
    ['trace', 'the last calls'],
    ['trace --follow', 'each call as it ends, of every process'],
    ['trace ID', 'one call: its command line, input, output, error and timing'],
  ],
  takes: (yargs) => listed(yargs).positional('id', { type: 'string', describe: 'Id of a call' }),
  run: ({ id, ...taken }, session) => (id === undefined ? list(taken, session) : show(id, session)),
})

function listed(yargs: Argv) {
  return yargs
    .option('last', option(`How many calls; ${LAST} by default`, 'N'))
    .option('follow', flag('Go on and print each call as it ends; with --json one document a line'))
}

async function list({ last = String(LAST), follow: goesOn }: ListArguments, session: Session): Promise<Answer> {
  if (!/^\d{1,6}$/.test(last)) throw usage(`--last must be a number of calls; seen: ${JSON.stringify(last)}`)
  const { records, damaged } = session.host.trace.list({ last: Number(last) })
  for (const { id, reason } of damaged) session.log.write('warn', `the record of the call ${id} is damaged: ${reason}`)
  return goesOn === true ? follow(records, session) : answer(records, () => callsText(records))
}

async function show(id: string, { host }: Session): Promise<Answer> {
  const record = host.trace.read(id)
  return answer(record, () => callText(record))
}
