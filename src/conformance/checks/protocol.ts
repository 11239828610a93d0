/** Checks on how a script is run: whatever its stdin, environment and directory look like, it answers the same. */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { stringifyJson } from '../../contract/json.ts'
import { causeOf } from '../cause.ts'
import { type Check, check, story } from '../check.ts'
import type { ClauseId } from '../clauses.ts'
import type { Context } from '../context.ts'
import { Disk, scratchDisk } from '../disks.ts'
import { sharedSr } from '../sr-fixture.ts'
import { CallFailed, demand, demandEqual, Violation } from '../violation.ts'
import { handleOf, MIB, make, newVolume, SMALL, stat } from '../volumes.ts'
import { demandPlain } from './plain.ts'
import { blaming, samples, succeed } from './samples.ts'

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
  check('PRO-DBG-001', 'shared', async (context) => {
    const all = await samples(context)
    for (const dbg of ['', TRACED]) await succeed(context, all, { dbg })
  }),
  raw(
    'PRO-PARAM-001',
    'a parameter more',
    (params, { dbg }) => `${stringifyJson({ dbg, ...params, future_parameter: { of: [1] } })}\n`,
  ),
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
  check('PRO-INT64-001', 'shared', async (context) => void (await createLarge(context, 2n ** 53n + 1n))),
  check('PRO-INT64-002', 'shared', async (context) => {
    const size = 2n ** 32n + BigInt(SMALL)
    const refusal = await createLarge(context, size)
    if (refusal === undefined) return
    const { free_space: free } = await context.call('SR.stat', { sr: handleOf(await sharedSr(context)) })
    if (BigInt(free) >= size) throw refusal
  }),
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

/** A check whose samples must succeed although stdin is written in another way. */
function raw(id: ClauseId, what: string, input: (params: object, context: Context) => string): Check {
  return check(id, 'shared', async (context) => {
    for (const { method, params } of await samples(context)) {
      const { outcome, record } = await context.outcome(method, params as never, { input: input(params, context) })
      if (outcome.ok) continue
      const { error } = outcome
      const [expected, seen] = [`${method} succeeds with ${what} on stdin`, `${error.code}: ${error.message}`]
      throw new Violation(expected, seen, record, causeOf({ method, error }))
    }
  })
}

/** @returns how a volume of so many bytes was refused, if it was */
async function createLarge(context: Context, size: bigint): Promise<CallFailed | undefined> {
  const sr = await sharedSr(context)
  const name = context.name('large')
  const params = { sr: handleOf(sr), name, description: '', size, sharable: false }
  try {
    const volume = await make(context, sr, name, 'Volume.create', params)
    demand(BigInt(volume.virtual_size) >= size, `at least ${size}`, volume.virtual_size)
    demand(BigInt((await stat(context, sr, volume)).virtual_size) >= size, `at least ${size}`, volume.virtual_size)
    return undefined
  } catch (error) {
    if (error instanceof CallFailed && error.error.kind === 'PLUGIN_ERROR') return error
    throw error
  }
}

function reversed(params: object): object {
  return Object.fromEntries(Object.entries(params).reverse())
}

/** Every character beyond ASCII as \u escapes. */
export function escapedText(text: string): string {
  return text.replace(/[^\n -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
