/** Disks for checks: what is attached is registered before, and let go at the end of the check. */
import { type Access, type Backend, openBackend } from './access/access.ts'
import type { Context } from './context.ts'
import { sharedSr } from './sr-fixture.ts'
import { NotApplicable, Violation } from './violation.ts'
import { newVolume, type Volume } from './volumes.ts'

/** The URI by which a toolstack would reach a volume. */
export function uriOf({ run }: Context, { uri }: Pick<Volume, 'uri'>): string {
  const found = uri.find((candidate) => run.subjects.datapathOf(candidate) !== undefined)
  if (found === undefined)
    throw new NotApplicable(`needs a datapath plugin for ${uri.join(', ')}`, 'name it with --datapath')
  return found
}

/** A disk to be judged by: a new volume of the shared SR, or the scratch volume that the run was given. */
export async function scratchDisk(
  context: Context,
  size?: number,
): Promise<{ uri: string; volume: Volume | undefined }> {
  const { run } = context
  if (run.subjects.judged.kind === 'datapath') {
    if (run.uri === undefined)
      throw new NotApplicable('needs a volume', 'name a scratch volume with --uri; its content is lost')
    return { uri: run.uri, volume: undefined }
  }
  const volume = await newVolume(context, await sharedSr(context), size === undefined ? {} : { size })
  return { uri: uriOf(context, volume), volume }
}

/** A disk in the hands of one domain. */
export class Disk {
  readonly uri: string
  readonly domain: string
  readonly #context: Context
  #forget: (() => void) | undefined

  constructor(context: Context, uri: string, domain = context.domain()) {
    this.#context = context
    this.uri = uri
    this.domain = domain
  }

  get #params() {
    return { uri: this.uri, domain: this.domain }
  }

  /** Registers that it may be attached. */
  register(): void {
    this.#forget ??= this.#context.register({
      name: `the disk ${this.uri} attached to ${this.domain}`,
      remove: () => this.#remove(),
    })
  }

  /** Attaches it; that it cannot be attached again, or to one domain more, has a clause of its own. */
  async attach(): Promise<Backend> {
    this.register()
    const { attached } = this.#context.run
    const domains = attached.get(this.uri) ?? new Set()
    const cause = domains.has(this.domain) ? 'DP-ATTACH-002' : domains.size > 0 ? 'DP-ATTACH-007' : undefined
    const called = await this.#context.outcome('Datapath.attach', this.#params)
    const { outcome, record } = called
    if (!outcome.ok && outcome.error.kind === 'PLUGIN_ERROR' && cause !== undefined) {
      const { code, message } = outcome.error
      throw new Violation('Datapath.attach succeeds', `${code}: ${message}`, record, cause)
    }
    const backend = this.#context.succeeded(called)
    attached.set(this.uri, domains.add(this.domain))
    return backend
  }

  async activate(): Promise<void> {
    await this.#context.call('Datapath.activate', this.#params)
  }

  async activateReadonly(): Promise<void> {
    await this.#context.call('Datapath.activate_readonly', this.#params)
  }

  async deactivate(): Promise<void> {
    await this.#context.call('Datapath.deactivate', this.#params)
  }

  async detach(): Promise<void> {
    await this.#context.call('Datapath.detach', this.#params)
    this.#context.run.hasUsedDisks = true
    this.#isDetached()
    this.#forget?.()
    this.#forget = undefined
  }

  #isDetached(): void {
    const { attached } = this.#context.run
    const domains = attached.get(this.uri)
    domains?.delete(this.domain)
    if (domains?.size === 0) attached.delete(this.uri)
  }

  async #remove(): Promise<void> {
    const { run, dbg } = this.#context
    const path = this.#context.pluginFor('Datapath.detach', this.#params)
    await run.caller.call(path, 'Datapath.deactivate', { dbg, ...this.#params })
    const { outcome } = await run.caller.call(path, 'Datapath.detach', { dbg, ...this.#params })
    if (!outcome.ok) throw outcome.error
    this.#isDetached()
  }
}

/** Attaches, activates and opens a disk for a while. */
export async function using<T>(
  context: Context,
  uri: string,
  body: (access: Access) => Promise<T>,
  domain?: string,
): Promise<T> {
  const disk = new Disk(context, uri, domain)
  const backend = await disk.attach()
  await disk.activate()
  const result = await opened(backend, body)
  await disk.deactivate()
  await disk.detach()
  return result
}

/** The same for reading, as a snapshot asks for. */
export async function reading<T>(context: Context, uri: string, body: (access: Access) => Promise<T>): Promise<T> {
  const disk = new Disk(context, uri)
  const backend = await disk.attach()
  await activateToRead(context, disk)
  const result = await opened(backend, body, false)
  await disk.deactivate()
  await disk.detach()
  return result
}

/** Activates a disk to be read: for reading only, where that can be. */
export async function activateToRead(context: Context, disk: Disk): Promise<void> {
  const { uri, domain } = disk
  const { outcome } = await context.outcome('Datapath.activate_readonly', { uri, domain })
  if (!outcome.ok) await disk.activate()
}

/** Opens a backend for a while. */
export async function opened<T>(backend: Backend, body: (access: Access) => Promise<T>, writable = true): Promise<T> {
  const access = await openBackend(backend, writable)
  try {
    return await body(access)
  } finally {
    await access.close()
  }
}

/** A volume of an SR, written and read by its URI. */
export function usingVolume<T>(context: Context, volume: Volume, body: (access: Access) => Promise<T>): Promise<T> {
  return using(context, uriOf(context, volume), body)
}

/** A volume of an SR, which may be a snapshot, read by its URI. */
export function readingVolume<T>(context: Context, volume: Volume, body: (access: Access) => Promise<T>): Promise<T> {
  return volume.read_write ? usingVolume(context, volume, body) : reading(context, uriOf(context, volume), body)
}
