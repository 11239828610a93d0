/** SRs for checks: one that all share, and one of a check's own. */
import type { Context } from './context.ts'
import type { Configuration } from './places.ts'
import { removed } from './resources.ts'
import { Remover, Sr } from './sr.ts'
import { NotApplicable } from './violation.ts'

export interface SrRequest {
  readonly name?: string
  readonly description?: string
  /** False: created only. */
  readonly attached?: boolean
}

/** The part of the free space that volumes may have whose checks are over. */
const ROOM = 4

/** The SR that all checks share; made when it is first needed, and removed at the end of the run. */
export function sharedSr(context: Context): Promise<Sr> {
  const { run } = context
  run.sharedSr ??= makeShared(context)
  return run.sharedSr
}

async function makeShared(context: Context): Promise<Sr> {
  const { run } = context
  const place = await run.places.take()
  context.signal.throwIfAborted()
  const remover = removerOf(context)
  if (canCreate(context)) {
    const sr = new Sr(place.configuration, context.name('shared SR'), true, remover)
    run.resources.add({ name: `the SR ${describe(sr)}`, remove: () => sr.remove() })
    sr.isShared = true
    await createSr(context, sr, 'made by smapiv3 conformance; it may be destroyed')
    const handle = await attachSr(context, sr)
    const { outcome } = await context.outcome('SR.stat', { sr: handle })
    if (outcome.ok) {
      sr.fresh = outcome.value
      sr.room = Number(outcome.value.free_space) / ROOM
    }
    return sr
  }
  const sr = new Sr(place.configuration, 'given', false, remover)
  sr.isShared = true
  run.resources.add({ name: `what was made in the SR ${describe(sr)}`, remove: () => sr.remove() })
  sr.handle = await context.making(sr, 'SR.attach', { configuration: sr.configuration })
  return sr
}

/** An SR of a check's own, removed at the end of the check. */
export async function ownSr(context: Context, request: SrRequest = {}): Promise<Sr> {
  if (!canCreate(context)) throw new NotApplicable('needs SR.create, which the plugin does not have')
  const place = await context.run.places.take()
  const sr = new Sr(place.configuration, request.name ?? context.name('SR'), true, removerOf(context))
  const resource = { name: `the SR ${describe(sr)}`, remove: () => sr.remove().finally(place.release) }
  let forget: () => void
  try {
    forget = context.register(resource)
  } catch (interruption) {
    place.release()
    throw interruption
  }
  try {
    await createSr(context, sr, request.description ?? '')
  } catch (error) {
    context.signal.throwIfAborted()
    // At once, as there may be no other place for the next.
    forget()
    context.run.left.push(...(await removed(resource)))
    throw error
  }
  if (request.attached !== false) await attachSr(context, sr)
  return sr
}

/**
 * Attaches an SR by the configuration that SR.create answered; where that is not complete (which has a clause of its own),
 * by all that is known.
 */
export async function attachSr(context: Context, sr: Sr): Promise<string> {
  const { outcome } = await context.outcome('SR.attach', { configuration: sr.configuration })
  sr.handle = outcome.ok ? outcome.value : await context.call('SR.attach', { configuration: sr.complete })
  return sr.handle
}

/** An SR with a configuration, registered, for a check that makes it itself. */
export function plannedSr(context: Context, configuration: Configuration): Sr {
  const sr = new Sr(configuration, context.name('SR'), true, removerOf(context))
  context.register({ name: `the SR ${describe(sr)}`, remove: () => sr.remove() })
  return sr
}

/** Makes an SR that is registered. */
export async function createSr(context: Context, sr: Sr, description: string): Promise<void> {
  const { uuid, given, name } = sr
  context.run.marks.add(uuid)
  sr.configuration = await context.making(sr, 'SR.create', { uuid, configuration: given, name, description })
}

/** Destroys an SR, which is attached. */
export async function destroySr(context: Context, sr: Sr): Promise<void> {
  context.signal.throwIfAborted()
  sr.fate = 'uncertain'
  const called = await context.outcome('SR.destroy', { sr: sr.handle ?? '' })
  if (called.outcome.ok) sr.fate = 'gone'
  else if (called.outcome.error.kind === 'PLUGIN_ERROR') sr.fate = 'made'
  context.succeeded(called)
}

function canCreate(context: Context): boolean {
  return has(context, 'SR.create')
}

function has({ run }: Context, method: 'SR.create' | 'SR.destroy'): boolean {
  try {
    run.subjects.require(method, run.subjects.judged)
    return true
  } catch (error) {
    if (error instanceof NotApplicable) return false
    throw error
  }
}

function removerOf(context: Context): Remover {
  const { caller, subjects } = context.run
  return new Remover(caller, subjects.judged.path, has(context, 'SR.destroy'))
}

function describe({ uuid, given }: Sr): string {
  return `${uuid} (${Object.keys(given).join(', ') || 'no configuration'})`
}
