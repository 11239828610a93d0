/** Calls that every plugin of its kind answers, for checks of the protocol itself. */
import type { MethodName } from '../../contract/methods.ts'
import type { CheckCallOptions, Context } from '../context.ts'
import { scratchDisk } from '../disks.ts'
import type { Run } from '../run.ts'
import type { Sr } from '../sr.ts'
import { sharedSr } from '../sr-fixture.ts'
import { CallFailed } from '../violation.ts'
import { goneKey, handleOf, mark, SMALL, type Volume } from '../volumes.ts'

/** One call: its params without dbg. */
export interface Sample {
  readonly method: MethodName
  readonly params: Readonly<Record<string, unknown>>
}

/** Calls that succeed and change nothing that matters. */
export async function samples(context: Context): Promise<Sample[]> {
  const query: Sample = { method: 'Plugin.query', params: {} }
  const { judged } = context.run.subjects
  if (judged.kind === 'datapath') {
    if (context.run.uri === undefined) return [query]
    const { uri } = await scratchDisk(context)
    return [query, { method: 'Datapath.detach', params: { uri, domain: context.domain() } }]
  }
  const sr = await sharedSr(context)
  const at = { sr: handleOf(sr), key: (await sampleVolume(context, sr)).key }
  return [
    query,
    { method: 'SR.stat', params: { sr: handleOf(sr) } },
    { method: 'Volume.stat', params: at },
    { method: 'Volume.set', params: { ...at, k: 'vdi-type', v: 'user' } },
    { method: 'SR.ls', params: { sr: handleOf(sr) } },
  ]
}

/** One volume of the shared SR for all of them, which goes with the SR. */
export function sampleVolume(context: Context, sr: Sr): Promise<Volume> {
  const { run } = context
  run.sampleVolume ??= make(run, context, sr)
  return run.sampleVolume
}

async function make(run: Run, context: Context, sr: Sr): Promise<Volume> {
  const name = context.name('sample')
  const made = sr.willMake(name)
  run.resources.add({
    name: `the volume ${name}`,
    remove: () => (sr.isOwn ? Promise.resolve() : sr.removeVolume(made)),
  })
  const params = { sr: handleOf(sr), name, description: '', size: SMALL, sharable: false }
  const volume = await context.making(made, 'Volume.create', params)
  made.key = volume.key
  mark(run, volume.key)
  return volume
}

/** Calls that must fail, since what they name is not there. */
export async function failingSamples(context: Context): Promise<Sample[]> {
  const { judged } = context.run.subjects
  if (judged.kind === 'datapath') {
    const scheme = judged.path.slice(judged.path.lastIndexOf('/') + 1)
    const uri = `${scheme}:///nowhere/smapiv3-conformance-missing`
    return [{ method: 'Datapath.attach', params: { uri, domain: context.domain() } }]
  }
  const sr = await sharedSr(context)
  const key = await goneKey(context, sr)
  return [
    { method: 'Volume.stat', params: { sr: handleOf(sr), key } },
    { method: 'SR.stat', params: { sr: `no-such-handle-${context.run.name}` } },
  ]
}

/** Runs samples that must succeed; with options, so that what fails fails because of them. */
export async function succeed(context: Context, all: readonly Sample[], options: CheckCallOptions = {}): Promise<void> {
  const run = async ({ method, params }: Sample) => void (await context.call(method, params as never, options))
  const isPlain = Object.keys(options).length === 0
  for (const sample of all) await (isPlain ? run(sample) : blaming(() => run(sample)))
}

/** What a call fails with is a fault of the clause being judged, unless the method fails in any circumstances. */
export async function blaming<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (!(thrown instanceof CallFailed)) throw thrown
    throw new CallFailed(thrown.method, thrown.error, thrown.call, true)
  }
}
