/** Checks on how one script is run. */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson, stringifyJson } from '../../contract/json.ts'
import type { MethodName } from '../../contract/methods.ts'
import { isObject } from '../../contract/normalise.ts'
import type { TraceRecord } from '../../invoke/trace-record.ts'
import { type Check, check, story } from '../check.ts'
import type { ClauseId } from '../clauses.ts'
import type { Context, Own } from '../context.ts'
import { Disk, scratchDisk } from '../disks.ts'
import { sharedSr } from '../sr-fixture.ts'
import { CallFailed, demand, demandEqual, NotApplicable, Violation } from '../violation.ts'
import { handleOf, MIB, make, newVolume, SMALL, stat } from '../volumes.ts'
import { blaming, failingSamples, type Sample, samples, succeed } from './samples.ts'

/** Kinds of failure that are not the plugin's own choice to refuse. */
const UNCONTROLLED = ['SCRIPT_TIMED_OUT', 'SCRIPT_SIGNALLED', 'SCRIPT_OUTPUT_TOO_LARGE']

/** A dbg as a toolstack with tracing writes it, and worse. */
export const TRACED = `OpaqueRef:"x"\n00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 $(exit 3) \`exit 3\` ';`

/** Variables that are not expected. */
export const ODD_ENVIRONMENT = { ODD: 'two words', QUOTED: `"'\`$(exit 3)`, LINES: 'one\ntwo', EMPTY: '', IFS: ' \t\n' }

/** A text that some locales cannot write, with a number. */
export const LOCALE_TEXT = 'Größe 数据 😀 1,5'

export const PROTOCOL_CHECKS: readonly Check[] = [
  story(['PRO-STDOUT-001', 'PRO-STDOUT-002', 'PRO-EXIT-002', 'PRO-TIME-001'], 'shared', async (context) => {
    const all = await samples(context)
    // Twice, since a script may behave well only the first time. A call that fails says itself which clause it breaks.
    await succeed(context, all)
    await succeed(context, all)
    for (const id of ['PRO-STDOUT-001', 'PRO-STDOUT-002', 'PRO-EXIT-002', 'PRO-TIME-001'] as const)
      await context.judge(id, async () => {})
  }),
  check('PRO-STDOUT-003', 'shared', async (context) => {
    for (const { method, params } of await samples(context)) {
      const { outcome, record } = await context.outcome(method, params as never)
      if (!outcome.ok) throw new CallFailed(method, outcome.error, record)
      demandPlain(method, outcome, record)
    }
  }),
  story(['PRO-EXIT-001', 'PRO-ERROR-001', 'PRO-ERROR-002', 'PRO-ERROR-003', 'PRO-ERROR-004'], 'shared', errors),
  check('PRO-FD-001', 'shared', async (context) => {
    await succeed(context, await samples(context))
    await demandNoneHeld(context)
  }),
  raw(
    'PRO-STDIN-001',
    'the parameters in reverse order',
    (params, { dbg }) => `${stringifyJson(reversed({ dbg, ...params }))}\n`,
  ),
  raw('PRO-STDIN-002', 'no newline at the end', (params, { dbg }) => stringifyJson({ dbg, ...params })),
  check('PRO-STDIN-003', 'shared', async (context) => {
    const text = 'Größe 数据 😀'
    const escaped = (params: object) => ({ input: escapedText(context.input(params)) })
    if (context.run.subjects.judged.kind === 'datapath') {
      await blaming(() => context.call('Plugin.query', {}, escaped({ dbg: text })))
      return
    }
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const at = { sr: handleOf(sr), key: volume.key }
    await context.call('Volume.set', { ...at, k: 'plain', v: text })
    const params = { ...at, k: 'escaped', v: text }
    await blaming(() => context.call('Volume.set', params, escaped(params)))
    demandEqual((await stat(context, sr, volume)).keys, { plain: text, escaped: text }, 'the same text both times')
  }),
  check('PRO-STDIN-004', 'shared', async (context) => {
    await succeed(context, await samples(context), { dbg: 'x'.repeat(MIB) })
  }),
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
  check('PRO-DBG-001', 'shared', async (context) => {
    const all = await samples(context)
    for (const dbg of ['', TRACED]) await succeed(context, all, { dbg })
  }),
  raw(
    'PRO-PARAM-001',
    'a parameter more',
    (params, { dbg }) => `${stringifyJson({ dbg, ...params, future_parameter: { of: [1] } })}\n`,
  ),
  check('PRO-PARAM-002', 'shared', (context) => refuseEach(context, missing)),
  check('PRO-PARAM-003', 'shared', (context) => refuseEach(context, mistyped)),
  check('PRO-ENV-001', 'shared', async (context) => {
    await succeed(context, await samples(context), { environment: context.run.leastEnvironment })
  }),
  check('PRO-ENV-002', 'shared', async (context) => {
    const environment = { ...context.run.environment, LC_ALL: 'C', LANG: 'C' }
    if (context.run.subjects.judged.kind === 'datapath')
      return succeed(context, await samples(context), { environment })
    const text = LOCALE_TEXT
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const at = { sr: handleOf(sr), key: volume.key }
    await blaming(() => context.call('Volume.set', { ...at, k: text, v: text }, { environment }))
    const utf8 = { ...context.run.environment, LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8' }
    demandEqual(
      (await context.call('Volume.stat', at, { environment: utf8 })).keys,
      { [text]: text },
      'the text as it was',
    )
    demandEqual(
      (await context.call('Volume.stat', at, { environment })).keys,
      { [text]: text },
      'the text as it was, read with LC_ALL=C',
    )
  }),
  check('PRO-ENV-003', 'shared', async (context) => {
    await succeed(context, await samples(context), { environment: { ...context.run.environment, ...ODD_ENVIRONMENT } })
  }),
  check('PRO-CWD-001', 'shared', async (context) => {
    const cwd = join(context.run.scratch, 'working directory')
    mkdirSync(cwd, { recursive: true })
    await succeed(context, await samples(context), { cwd })
    demandEqual(readdirSync(cwd), [], 'nothing in the working directory')
  }),
  check('PRO-INT64-001', 'shared', (context) => createLarge(context, 2n ** 53n + 1n, () => true)),
  check('PRO-INT64-002', 'shared', (context) =>
    createLarge(context, 2n ** 32n + BigInt(SMALL), (free) => free < 2n ** 32n + BigInt(SMALL)),
  ),
]

/** Demands that nothing has held stdout or stderr open so far, nor does in the life of a disk. */
export async function demandNoneHeld(context: Context): Promise<void> {
  const { judged } = context.run.subjects
  if (judged.kind === 'datapath' && context.run.uri !== undefined) {
    const { uri } = await scratchDisk(context)
    const disk = new Disk(context, uri)
    await disk.attach()
    await disk.activate()
    await disk.deactivate()
    await disk.detach()
  }
  const { held } = context
  const seen = `${held.join(', ')}: something still held them open`
  demand(held.length === 0, 'stdout and stderr end with the script', seen)
}

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

/** A check whose samples must succeed although stdin is written in another way. */
function raw(id: ClauseId, what: string, input: (params: object, context: Context) => string): Check {
  return check(id, 'shared', async (context) => {
    for (const { method, params } of await samples(context)) {
      const { outcome, record } = await context.outcome(method, params as never, { input: input(params, context) })
      if (!outcome.ok)
        throw new Violation(
          `${method} succeeds with ${what} on stdin`,
          `${outcome.error.code}: ${outcome.error.message}`,
          record,
        )
    }
  })
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

async function createLarge(context: Context, size: bigint, mayRefuse: (free: bigint) => boolean): Promise<void> {
  const sr = await sharedSr(context)
  const { free_space } = await context.call('SR.stat', { sr: handleOf(sr) })
  const name = context.name('large')
  const params = { sr: handleOf(sr), name, description: '', size, sharable: false }
  try {
    const volume = await make(context, sr, name, 'Volume.create', params)
    demand(BigInt(volume.virtual_size) >= size, `at least ${size}`, volume.virtual_size)
    demand(BigInt((await stat(context, sr, volume)).virtual_size) >= size, `at least ${size}`, volume.virtual_size)
  } catch (error) {
    const isRefused = error instanceof CallFailed && error.error.kind === 'PLUGIN_ERROR'
    if (!isRefused || !mayRefuse(BigInt(free_space))) throw error
  }
}

/** Demands a result that strict parsers read as lenient ones do. */
export function demandPlain(
  method: MethodName,
  { text, value }: { readonly text: string; readonly value: unknown },
  record?: TraceRecord,
): void {
  const printed = plain(text)
  if (printed === undefined) throw new Violation(`plain JSON from ${method}`, text, record)
  demandEqual(untagged(printed.value), untagged(value), `exactly typed members from ${method}`)
}

/** A value in which a tag without payload is its name: `["Tag",null]`, which the interface's own writer prints, is as exact. */
function untagged(value: unknown): unknown {
  if (Array.isArray(value)) {
    const [tag, payload] = value
    return value.length === 2 && typeof tag === 'string' && payload === null ? tag : value.map(untagged)
  }
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, untagged(member)]))
}

/** JSON as strict parsers read it. */
function plain(text: string): { readonly value: unknown } | undefined {
  try {
    JSON.parse(text)
    return { value: parseJson(text) }
  } catch {
    return undefined
  }
}

function reversed(params: object): object {
  return Object.fromEntries(Object.entries(params).reverse())
}

/** Every character beyond ASCII as \u escapes. */
export function escapedText(text: string): string {
  return text.replace(/[^\n -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
