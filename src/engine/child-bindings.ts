/** What node:child_process is made of, as far as child.ts uses it, see internals.ts. */
import { internals } from './internals.ts'

/** What is to be started. */
interface Description {
  readonly file: string
  /** The first is the name that the program is told it has. */
  readonly args: readonly string[]
  readonly envPairs: readonly string[]
  readonly detached: boolean
  readonly cwd?: string
  readonly stdio: readonly object[]
}

/** A process. Each function that returns a number returns 0 or an error of libuv, which is negative. */
interface ProcessHandle {
  spawn(what: Description): number
  kill(signal: number): number
  unref(): void
  close(): void
  /** @param signal empty where none killed it */
  onexit: (status: number, signal: string) => void
}

interface SyncOutcome {
  /** An error of libuv, where it could not be started. */
  readonly error?: number
  readonly status: number | null
  readonly signal: string | null
  /** What it printed, by the number of the descriptor. */
  readonly output: readonly (Uint8Array | null)[] | null
}

export interface ProcessBindings {
  readonly Process: new () => ProcessHandle
  readonly spawnSync: (what: Description) => SyncOutcome
}

let known: { readonly bindings: ProcessBindings | undefined } | undefined

/** Undefined where they are not to be used, or Node.js does not give them out. */
export function processBindings(): ProcessBindings | undefined {
  known ??= { bindings: findBindings() }
  return known.bindings
}

function findBindings(): ProcessBindings | undefined {
  try {
    const bind = internals()
    if (bind === undefined) return undefined
    const [{ Process }, { spawn: spawnSync }] = [bind('process_wrap'), bind('spawn_sync')]
    if (typeof Process !== 'function' || typeof spawnSync !== 'function') return undefined
    return { Process, spawnSync } as unknown as ProcessBindings
  } catch {
    return undefined
  }
}
