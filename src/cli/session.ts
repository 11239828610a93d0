import type { Host } from '../host/host.ts'
import type { CallOptions } from '../host/plugin-caller.ts'
import type { Log } from './log.ts'
import type { Options } from './options.ts'

/** What every verb has of the host; `call` has no more, as more takes longer to load. */
export type CallHost = Pick<Host, 'call' | 'trace'>

/** What a verb works with. */
export interface Session<H extends CallHost = Host> {
  /** Made when it is first needed, so that a verb can say what keeps it from being made. */
  readonly host: H
  /** What the command line says of any call. */
  readonly call: CallOptions & { readonly signal: AbortSignal }
  readonly options: Options
  readonly log: Log
  /** Prints text on standard output while the verb runs; false once nobody reads it any more. */
  readonly print: (text: string) => boolean
}

/** What a verb answers, in both forms; only the one that was asked for is made. */
export interface Answer {
  /** One JSON document. */
  readonly json: () => string
  /** The same for people; empty for nothing. */
  readonly text: () => string
  /** Exit status, 0 by default. */
  readonly status?: number
}

/** A verb with its arguments, ready to run. */
export type Run<H extends CallHost = Host> = (session: Session<H>) => Promise<Answer>
