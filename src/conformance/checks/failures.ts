/** Checks on how a script fails: what it refuses, and what it says then. */
import { stringifyJson } from '../../contract/json.ts'
import type { MethodName } from '../../contract/methods.ts'
import { isObject } from '../../contract/normalise.ts'
import { type Check, check, story } from '../check.ts'
import type { Context, Own } from '../context.ts'
import { sharedSr } from '../sr-fixture.ts'
import { demand, NotApplicable, Violation } from '../violation.ts'
import { handleOf, newVolume, SMALL } from '../volumes.ts'
import { plain } from './plain.ts'
import { failingSamples, type Sample, samples } from './samples.ts'

/** Kinds of failure that are not the plugin's own choice to refuse. */
const UNCONTROLLED = ['SCRIPT_TIMED_OUT', 'SCRIPT_SIGNALLED', 'SCRIPT_OUTPUT_TOO_LARGE']

export const FAILURE_CHECKS: readonly Check[] = [
  story(['PRO-EXIT-001', 'PRO-ERROR-001', 'PRO-ERROR-002', 'PRO-ERROR-003', 'PRO-ERROR-004'], 'shared', errors),
  check('PRO-STDIN-005', 'shared', async (context) => {
    const reading = (await samples(context)).filter(({ params }) => Object.keys(params).length > 0)
    if (reading.length === 0)
      throw new NotApplicable('needs a method with parameters', 'name a scratch volume with --uri')
    for (const { method, params } of reading.slice(0, 2))
      for (const input of ['', 'this is no JSON\n', '{"dbg":"x","sr":\n']) {
        const { outcome, record } = await context.outcome(method, params as never, { input })
        if (outcome.ok || UNCONTROLLED.includes(outcome.error.kind))
          throw new Violation(
            `${method} fails at once for ${stringifyJson(input)} on stdin`,
            outcome.ok ? 'it succeeded' : outcome.error.message,
            record,
          )
      }
  }),
  check('PRO-PARAM-002', 'shared', (context) => refuseEach(context, missing)),
  check('PRO-PARAM-003', 'shared', (context) => refuseEach(context, mistyped)),
]

async function errors(context: Context): Promise<void> {
  const seen: NonNullable<Awaited<ReturnType<typeof failed>>>[] = []
  for (const sample of await failingSamples(context)) {
    const called = await failed(context, sample)
    if (called !== undefined) seen.push(called)
  }
  const each = async (judge: (called: (typeof seen)[number]) => void) => {
    if (seen.length === 0) throw new NotApplicable('needs a call that fails, and those that should fail succeed')
    for (const called of seen) judge(called)
  }
  await context.judge('PRO-EXIT-001', () =>
    each((called) => demand(called.exitStatus !== 0, 'a status other than 0', `status ${called.exitStatus}`)),
  )
  await context.judge('PRO-ERROR-001', () =>
    each((called) => {
      if (called.error.kind !== 'PLUGIN_ERROR') throw new Violation('an error object on stdout', called.error.message)
    }),
  )
  await context.judge('PRO-ERROR-002', () =>
    each((called) => {
      const { backtrace } = called.object ?? {}
      if (!isObject(backtrace)) return
      const { files, lines } = backtrace
      demand(
        Array.isArray(files) && Array.isArray(lines) && files.length === lines.length,
        'files and lines of one length',
        backtrace,
      )
    }),
  )
  await context.judge('PRO-ERROR-003', () =>
    each((called) => {
      const code = called.object?.code ?? ''
      demand(/^[A-Z][A-Z0-9_]+$/.test(String(code)), 'a code such as SR_BACKEND_FAILURE', code)
    }),
  )
  await context.judge('PRO-ERROR-004', () =>
    each((called) => {
      const params = called.object?.params
      demand(Array.isArray(params) && params.some((param) => String(param).trim() !== ''), 'params with text', params)
    }),
  )
}

/** How a call failed; undefined where it did not. */
async function failed(context: Context, { method, params }: Sample) {
  const { outcome, record } = await context.outcome(method, params as never)
  if (outcome.ok) return undefined
  const object = plain(record?.stdout ?? '')?.value
  return { error: outcome.error, exitStatus: record?.exitStatus, object: isObject(object) ? object : undefined }
}

type Mutation = (params: Readonly<Record<string, unknown>>, name: string) => Record<string, unknown>

const missing: Mutation = (params, name) => Object.fromEntries(Object.entries(params).filter(([key]) => key !== name))

const mistyped: Mutation = (params, name) => ({
  ...params,
  [name]: typeof params[name] === 'string' ? { not: 'text' } : 'many',
})

/** Each parameter of several methods, one at a time, is spoiled; the call must be refused. */
async function refuseEach(context: Context, spoil: Mutation): Promise<void> {
  for (const { method, params } of await spoilable(context))
    for (const name of Object.keys(params)) {
      const input = context.input(spoil(params, name))
      await context.refused(method, params as Own<MethodName>, `its parameter ${name} is spoiled`, { input })
    }
}

async function spoilable(context: Context): Promise<Sample[]> {
  if (context.run.subjects.judged.kind === 'datapath') {
    const uri = context.run.uri ?? 'nowhere:///'
    return [{ method: 'Datapath.attach', params: { uri, domain: context.domain() } }]
  }
  const sr = await sharedSr(context)
  const volume = await newVolume(context, sr)
  const name = context.name('refused')
  const made = sr.willMake(name, 'refused')
  context.register({ name: `the volume ${name}`, remove: () => sr.removeVolume(made) })
  return [
    { method: 'SR.stat', params: { sr: handleOf(sr) } },
    { method: 'Volume.set', params: { sr: handleOf(sr), key: volume.key, k: 'vdi-type', v: 'user' } },
    { method: 'Volume.create', params: { sr: handleOf(sr), size: SMALL, sharable: false, name, description: '' } },
  ]
}
