/** What is asked of a plugin in one call, and what came of it. */
import type { MethodName, Params } from '../contract/methods.ts'
import type { ProcessEnd } from './process.ts'
import type { Reply } from './reply.ts'
import type { Spawner } from './spawn.ts'

/**
 * How a plugin is run: a directory has one script for each method, run as `<script> --json`; a single file serves all
 * of them, run as `<file> <Class>.<method> --json`.
 */
export type PluginShape = 'directory' | 'file'

/** One method with one set of params. */
export interface Call<M extends MethodName> {
  readonly method: M
  /** Path of the executable. */
  readonly script: string
  readonly shape: PluginShape
  /** Checked strictly; nothing is started if one does not fit. */
  readonly params: Params<M>
  /** Written to stdin as it is, in the place of the params, for calls that break the protocol on purpose. */
  readonly input?: string | undefined
  /** Parameters beyond those of the method, written before them (API 3.0 has a `uri`). */
  readonly extraParams?: Readonly<Record<string, unknown>> | undefined
  /** Applied to the parsed result before it is validated (API 3.0 leaves out members). */
  readonly repair?: ((result: unknown) => unknown) | undefined
  /** Seconds; 0 is none; that of the method where absent. */
  readonly deadline?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** All of it; the allow-list of the host's own where absent. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Working directory; / where absent. */
  readonly cwd?: string | undefined
  /** Most bytes on stdout; 64 MiB where absent. */
  readonly outputLimit?: number | undefined
  /** Seconds between SIGTERM and SIGKILL; 2 where absent, and with 0 SIGKILL comes at once. */
  readonly killGrace?: number | undefined
  readonly recorder?: CallRecorder | undefined
  readonly spawner?: Spawner | undefined
}

/** What came of a {@link Call}: one form for every outcome. */
export interface Invocation<M extends MethodName> {
  /** Of the call, and of its record where there is a recorder; sorts by time. */
  readonly id: string
  readonly method: M
  readonly argv: readonly [string, ...string[]]
  readonly startedAt: Date
  /** Seconds. */
  readonly duration: number
  readonly end: ProcessEnd
  readonly exitStatus: number | null
  readonly signal: NodeJS.Signals | null
  /** Bounded, and without the secrets of the params. */
  readonly stderr: string
  readonly stdoutBytes: number
  /** Whether something held its stdout or stderr open after it had exited. */
  readonly heldOpen: boolean
  readonly outcome: Reply<M>
}

/** What a record is made of. */
export interface Recorded<M extends MethodName> {
  readonly call: Pick<Call<M>, 'method' | 'script' | 'shape' | 'params' | 'extraParams' | 'input'>
  readonly invocation: Invocation<M>
  readonly stdout: Buffer
}

/** Keeps what calls did. Never throws: a call does not fail because it cannot be recorded. */
export interface CallRecorder {
  record<M extends MethodName>(recorded: Recorded<M>): void
}
