/** What a method of SMAPIv2 is, and what it gets. */

import type { AttachedSr } from '../../host/attached-srs.ts'
import type { Host } from '../../host/host.ts'
import type { CallOptions } from '../../host/plugin-caller.ts'
import { Smapiv2Error } from './errors.ts'
import { MarshalError, readAll, type Types, text, type Values } from './marshal.ts'

/** Who wants to know that SRs come and go: the metrics. What it throws does not fail the call. */
export interface SrListener {
  attached(sr: AttachedSr): Promise<void>
  detached(sr: AttachedSr): Promise<void>
}

/** What every method works with. */
export interface Context {
  readonly host: Host
  /** The volume plugin that the caller talks to: the name of its queue. */
  readonly plugin: string
  /** Told what the caller does not get to know. */
  readonly warn: (message: string) => void
  readonly listener: SrListener
  /** Waits, for a time in seconds. */
  readonly pause: (seconds: number) => Promise<void>
  readonly now: () => Date
}

/** One method of SMAPIv2. */
export interface Method {
  /** Name → type, in declaration order. All are mandatory, and their names compare exactly. */
  readonly parameters: Types
  /** Other names of parameters that callers may use. */
  readonly aliases: Readonly<Record<string, string>>
  /** Whether it does no harm to run it again, or after its caller has given up. */
  readonly idempotent: boolean
  /**
   * @throws MarshalError before anything is run, where a parameter is missing or of another type
   * @throws Smapiv3Error or Smapiv2Error
   */
  readonly run: (context: Context, named: Readonly<Record<string, unknown>> | undefined) => Promise<unknown>
}

interface Definition<T extends Types> {
  readonly parameters: T
  readonly aliases?: Readonly<Record<string, string>>
  readonly idempotent?: boolean
  readonly run: (context: Context, params: Values<T>) => unknown
}

/** The parameters of every method. */
export const CALL = { dbg: text }

/** The parameters of every method on an SR. */
export const ON_SR = { ...CALL, sr: text }

/** The parameters of every method on a volume. */
export const ON_VDI = { ...ON_SR, vdi: text }

/** A method from its definition. Unless it says otherwise it is idempotent. */
export function method<T extends Types>({ parameters, aliases = {}, idempotent = true, run }: Definition<T>): Method {
  const nameSent = (name: string, named: Readonly<Record<string, unknown>>) =>
    Object.hasOwn(named, name) ? name : (aliases[name] ?? name)
  return {
    parameters,
    aliases,
    idempotent,
    run: async (context, named) => {
      if (named === undefined) throw new MarshalError('params must be one object of named parameters')
      return run(
        context,
        readAll(parameters, (name) => named[nameSent(name, named)]),
      )
    },
  }
}

/**
 * The SR that a caller means, which must be attached. Only its uuid names it.
 * @throws Smapiv2Error Sr_not_attached
 */
export function attachedSr({ host }: Context, sr: string): AttachedSr {
  const attached = host.srs.get(sr)
  if (attached === undefined) throw new Smapiv2Error(['Sr_not_attached', sr])
  return attached
}

/** What the host is told of a call. */
export function options({ dbg }: { readonly dbg: string }): CallOptions {
  return { dbg }
}
