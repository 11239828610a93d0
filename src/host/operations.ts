/**
 * Operations on the bytes of disks that take long, copies and mirrors: a datapath plugin starts them in one call, and
 * they go on when the call is over, whoever asks for them then.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Smapiv3Error } from '../contract/errors.ts'
import type { Result } from '../contract/methods.ts'
import { redactUri } from '../contract/redact.ts'
import { schemeOf } from '../contract/uri.ts'
import type { ReadyPlugin } from '../registry/snapshot.ts'
import type { Disks } from './disks.ts'
import { OWN_DOMAIN } from './domain.ts'
import type { CallOptions, OwnParams, PluginCaller } from './plugin-caller.ts'
import { undoneOnFailure } from './undo.ts'

/** An operation, and the datapath plugin that knows it. */
export interface Operation {
  /** Name of the datapath plugin. */
  readonly datapath: string
  readonly operation: Result<'Data.ls'>[number]
}

/** How far an operation is. */
export type Progress = Operation & Result<'Data.stat'>

/** A volume of an attached SR, or the URI of a disk; in both cases it has to be activated. */
export type Source = { readonly sr: string; readonly key: string } | { readonly uri: string }

export interface OperationRequest extends CallOptions {
  readonly source: Source
  /** Domain that has the disk activated; the control domain by default. */
  readonly domain?: string | undefined
  /** NBD URI of the disk to write to. */
  readonly remote: string
  /** The blocks to copy; without them, the disk is mirrored. */
  readonly blocklist?: OwnParams<'Data.copy'>['blocklist'] | undefined
}

export interface OperationParts {
  readonly caller: PluginCaller
  readonly disks: Disks
  readonly datapathFor: (scheme: string) => Promise<ReadyPlugin>
}

/** Milliseconds between two looks at an operation: the first, after which they grow, and the last. */
const PAUSES = { first: 50, longest: 1000 }

export class Operations {
  readonly #parts: OperationParts

  constructor(parts: OperationParts) {
    this.#parts = parts
  }

  /** Starts a copy or a mirror, which goes on when this returns. */
  async start(request: OperationRequest): Promise<Operation> {
    const { source } = request
    if ('uri' in source) return this.#startOn(source.uri, request)
    const { domain, remote, blocklist } = request
    let datapath = ''
    const params = (use: { uri: string; domain: string; datapath: string }) => {
      datapath = use.datapath
      return { uri: use.uri, domain: use.domain, remote }
    }
    const { disks } = this.#parts
    const use = { ...request, domain }
    const { sr, key } = source
    const operation =
      blocklist === undefined
        ? await disks.call('Data.mirror', sr, key, params, use)
        : await disks.call('Data.copy', sr, key, (found) => ({ ...params(found), blocklist }), use)
    return { datapath, operation }
  }

  /**
   * Starts a copy or a mirror and waits until it is complete, which for a mirror means in sync: it goes on mirroring, where
   * a copy is forgotten. Where it fails, or the caller cancels the wait, the operation is cancelled and forgotten.
   * @param onProgress told how far it is, whenever that has changed
   * @throws Smapiv3Error OPERATION_FAILED
   */
  run(request: OperationRequest, onProgress: (progress: Progress) => void): Promise<Progress> {
    return undoneOnFailure(async (onFailure) => {
      const started = await this.start(request)
      onFailure(() => this.#end(started, { ...request, signal: undefined }))
      const { progress, said } = await this.#ended(started, request, onProgress)
      if (progress.failed) throw failure(progress, request, said)
      if (request.blocklist !== undefined) await this.destroy(started, request)
      return progress
    })
  }

  /** How far an operation is. */
  async stat(operation: Operation, options: CallOptions = {}): Promise<Progress> {
    return (await this.#look(operation, options)).progress
  }

  /** Stops an operation, which is known until it is destroyed. */
  async cancel(operation: Operation, options: CallOptions = {}): Promise<void> {
    await this.#call('Data.cancel', operation, options)
  }

  /** Forgets an operation. */
  async destroy(operation: Operation, options: CallOptions = {}): Promise<void> {
    await this.#call('Data.destroy', operation, options)
  }

  /** The operations that a datapath plugin knows. */
  async list(datapath: string, options: CallOptions = {}): Promise<Operation[]> {
    const { plugin, query, name } = await this.#parts.datapathFor(datapath)
    const callee = { plugin, apiVersion: query.required_api_version }
    const operations = await this.#parts.caller.call(callee, 'Data.ls', {}, options)
    return operations.map((operation) => ({ datapath: name, operation }))
  }

  async #startOn(uri: string, request: OperationRequest): Promise<Operation> {
    const { domain = OWN_DOMAIN, remote, blocklist } = request
    const scheme = schemeOf(uri)
    if (scheme === undefined) {
      throw new Smapiv3Error('BAD_PARAMETERS', `${redactUri(uri)} has no scheme (RFC 3986)`)
    }
    const { plugin, query, name } = await this.#parts.datapathFor(scheme)
    const callee = { plugin, apiVersion: query.required_api_version }
    const params = { uri, domain, remote }
    const { caller } = this.#parts
    const operation =
      blocklist === undefined
        ? await caller.call(callee, 'Data.mirror', params, request)
        : await caller.call(callee, 'Data.copy', { ...params, blocklist }, request)
    return { datapath: name, operation }
  }

  /** Looks at an operation again and again until it is complete or has failed. */
  async #ended(operation: Operation, options: CallOptions, onProgress: (progress: Progress) => void) {
    const { signal } = options
    let before: number | undefined
    for (let pause = PAUSES.first; ; pause = Math.min(pause * 1.5, PAUSES.longest)) {
      const seen = await this.#look(operation, options)
      const { failed, complete, progress } = seen.progress
      if (failed || complete || progress !== before) onProgress(seen.progress)
      if (failed || complete) return seen
      before = progress
      await sleep(pause, undefined, { signal }).catch(() => signal?.throwIfAborted())
    }
  }

  async #look(operation: Operation, options: CallOptions): Promise<{ progress: Progress; said: string }> {
    const { value, stderr } = await this.#call('Data.stat', operation, options)
    return { progress: { ...operation, ...value }, said: stderr.trim() }
  }

  /** Cancelled before it is forgotten: a plugin need not stop what it forgets. */
  async #end(operation: Operation, options: CallOptions): Promise<void> {
    try {
      await this.cancel(operation, options)
    } finally {
      await this.destroy(operation, options)
    }
  }

  async #call<M extends 'Data.stat' | 'Data.cancel' | 'Data.destroy'>(
    method: M,
    { datapath, operation }: Operation,
    options: CallOptions,
  ): Promise<{ value: Result<M>; stderr: string }> {
    const { plugin, query } = await this.#parts.datapathFor(datapath)
    const params = { operation } as unknown as OwnParams<M>
    const callee = { plugin, apiVersion: query.required_api_version }
    return this.#parts.caller.callWithStderr(callee, method, params, options)
  }
}

function failure({ datapath, operation }: Operation, { remote }: OperationRequest, said: string): Smapiv3Error {
  const [kind, id] = operation
  const message = `${kind} ${id} of datapath plugin ${datapath} to ${redactUri(remote)} failed`
  return new Smapiv3Error('OPERATION_FAILED', message, said === '' ? {} : { stderr: said })
}
