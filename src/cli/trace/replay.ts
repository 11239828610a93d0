import { Smapiv3Error } from '../../contract/errors.ts'
import { parseJson } from '../../contract/json.ts'
import type { MethodName, Params } from '../../contract/methods.ts'
import { isObject } from '../../contract/normalise.ts'
import { parameterNames } from '../../contract/validate.ts'
import { deadlineOf, loadSettings } from '../../host/settings.ts'
import { pluginEnvironment } from '../../invoke/environment.ts'
import { invoke } from '../../invoke/invoke.ts'
import type { TraceRecord } from '../../invoke/trace-record.ts'
import { findPlugin, kindOfMethod } from '../../registry/find.ts'
import { scriptOf } from '../../registry/plugin.ts'
import { answer } from '../answer.ts'
import { text } from '../arguments.ts'
import type { Session } from '../session.ts'
import { verb } from '../verb.ts'
import { callText } from './render.ts'

export const replay = verb({
  command: 'replay <id>',
  summary: 'Run a recorded call again: the same script with the same input',
  details: 'What the call changes it changes again. A call whose input held a secret cannot be replayed.',
  takes: (yargs) => yargs.positional('id', text('Id of a call')),
  run: async ({ id }, session) => {
    const before = session.host.trace.read(id)
    const after = await replayed(before, session)
    const verdict = sameOutcome(before, after) ? 'The outcome is the same.' : 'The outcome is another one.'
    const both = () => `${callText(before)}\n\n--- replayed:\n${callText(after)}\n\n${verdict}`
    return answer({ before, after }, both)
  },
})

/** The record of the replayed call. */
async function replayed(record: TraceRecord, { host, options, call }: Session): Promise<TraceRecord> {
  const { method } = record
  const plugin = findPlugin(options.roots, record.plugin, kindOfMethod(method))
  const settings = loadSettings()
  const { outcome, id } = await invoke({
    ...inputOf(record),
    method,
    script: scriptOf(plugin, method).path,
    shape: plugin.shape,
    deadline: call.deadline ?? deadlineOf(settings, plugin.name, method),
    signal: call.signal,
    environment: pluginEnvironment(process.env, settings.environment),
    outputLimit: settings.output_limit,
    recorder: host.trace,
  })
  call.signal.throwIfAborted()
  const { records } = host.trace.list()
  const replayed = records.find((candidate) => candidate.id === id)
  if (replayed !== undefined) return replayed
  throw outcome.ok ? new Smapiv3Error('STATE_UNUSABLE', 'the replayed call could not be recorded') : outcome.error
}

/** The parameters as they were sent; those beyond the method's own are what API 3.0 has more. */
function inputOf({ id, method, stdin, stdinExact }: TraceRecord) {
  if (!stdinExact) {
    const message = `the call ${id} cannot be replayed: secrets were removed from its input, or it was too long to keep`
    throw new Smapiv3Error('USAGE', message, { recovery: 'Make the call again with `smapiv3 call`.' })
  }
  const sent = parseJson(stdin)
  const entries = Object.entries(isObject(sent) ? sent : {})
  const isOwn = ([name]: [string, unknown]) => parameterNames(method).includes(name)
  const params = Object.fromEntries(entries.filter(isOwn)) as unknown as Params<MethodName>
  return { params, extraParams: Object.fromEntries(entries.filter((entry) => !isOwn(entry))) }
}

function sameOutcome(before: TraceRecord, after: TraceRecord): boolean {
  return before.outcome.ok === after.outcome.ok && before.end === after.end && before.stdout === after.stdout
}
