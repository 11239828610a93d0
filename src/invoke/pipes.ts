/**
 * Real pipes. What Node calls a pipe is a socket pair, and a shell plugin cannot open that again as /dev/stdin or
 * /dev/stderr. A named pipe is no way out either: opening a FIFO as /dev/stdin waits for a writer, for ever once the
 * host has written the params and closed its end. Node cannot make an anonymous pipe, but /bin/sh can, and a pipe of
 * another process can be opened under /proc (Linux): so a short-lived shell makes many at once.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { Smapiv3Error } from '../contract/errors.ts'
import { startShell } from './spawn.ts'

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants

/** The three pipes of one call: the ends of the host do not block, those of the child do. */
export interface CallPipes {
  /** Descriptors 0, 1 and 2 of the child. */
  readonly child: readonly [stdin: number, stdout: number, stderr: number]
  readonly host: { readonly stdin: number; readonly stdout: number; readonly stderr: number }
}

const PIPES_PER_CALL = 3
/** A shell can name descriptors up to 9 only, and 9 is the stdin it waits on. */
const HELD = [3, 4, 5, 6, 7, 8] as const
const MOST_HOLDERS = 8

/**
 * How a shell comes by descriptors 3 to 8. A here-document is a pipe, without a process, in dash, busybox and bash
 * since 5.1; older versions of bash use a file, and there a pipeline has to make it, with two processes for each.
 */
const SOURCES = {
  documents: `supply() { exec ${HELD.map((fd) => `${fd}<<E`).join(' ')}\n${'\nE\n'.repeat(HELD.length)}hold; }`,
  pipelines: `supply() { ${HELD.map((fd) => `: | { exec ${fd}<&0; `).join('')}hold; ${'}; '.repeat(HELD.length)}}`,
} as const

type Source = keyof typeof SOURCES

/** Each holder prints its pid and keeps its pipes until the stdin of the shell ends. */
function holders(source: Source): string {
  return `hold() { read -r pid rest </proc/self/stat; echo "$pid"; read -r rest <&9; }
${SOURCES[source]}
exec 9<&0
holders=$1
while [ "$holders" -gt 1 ]; do supply & holders=$((holders - 1)); done
supply
wait`
}

/** Anonymous pipes in stock. None is used twice, since what a plugin left behind may still hold it. */
export class PipePool {
  /** One read-write descriptor for each unused pipe. */
  #stock: number[] = []
  #batch: Promise<void> | undefined
  /** The ends of the shells that have not ended yet: they do by themselves, and no call waits for that. */
  readonly #shells = new Set<Promise<unknown>>()
  /** Holders in the next batch: it grows, so that a single call does not pay for many. */
  #holders = 1
  #calls = 0
  #source: Source

  constructor(source: Source = 'documents') {
    this.#source = source
  }

  /**
   * Opens the pipes of one call; all descriptors are close-on-exec and belong to the caller.
   * @throws Smapiv3Error INTERNAL where the machine has no descriptors or processes left
   */
  async open(): Promise<CallPipes> {
    while (this.#stock.length < PIPES_PER_CALL) await this.#refill()
    this.#calls += 1
    const pipes = this.#stock.splice(0, PIPES_PER_CALL)
    if (this.#calls > 1 && this.#stock.length < PIPES_PER_CALL * this.#holders) this.#refillEarly()
    return openEnds(pipes)
  }

  /** Makes the first pipes in advance, while the caller does something else. A failure is left for {@link open} to report. */
  prepare(): void {
    if (this.#stock.length < PIPES_PER_CALL) this.#refillEarly()
  }

  /** Closes what is in stock; the pool stays usable. */
  async close(): Promise<void> {
    await this.#batch?.catch(() => undefined)
    await Promise.all(this.#shells)
    closeAll(this.#stock.splice(0))
  }

  #refillEarly(): void {
    // Should it fail, the call that finds the stock empty tries again and reports.
    this.#refill().catch(() => undefined)
  }

  #refill(): Promise<void> {
    this.#batch ??= this.#makeBatch().finally(() => {
      this.#batch = undefined
    })
    return this.#batch
  }

  async #makeBatch(): Promise<void> {
    try {
      const pipes = await makePipes(this.#source, this.#holders, (ended) => this.#follow(ended))
      if (pipes === undefined) this.#source = 'pipelines'
      else this.#stock.push(...pipes)
    } catch (error) {
      throw cannotMakePipes(error)
    }
    this.#holders = Math.min(this.#holders * 2, MOST_HOLDERS)
  }

  #follow(ended: Promise<unknown>): void {
    this.#shells.add(ended)
    void ended.then(() => this.#shells.delete(ended))
  }
}

/** The pipes of all calls of this process. */
export const PIPES = new PipePool()

/**
 * @param follow told of the end of the shell, whether it made pipes or not
 * @returns each open for reading and writing; undefined where the shell makes files instead
 */
async function makePipes(
  source: Source,
  count: number,
  follow: (ended: Promise<unknown>) => void,
): Promise<number[] | undefined> {
  const shell = await startShell(holders(source), [String(count)])
  const ended = new Promise((resolve) => shell.once('close', resolve))
  follow(ended)
  try {
    const alone = source === 'documents' && count === 1
    const ready = alone ? openIfReady(shell.pid) : undefined
    const pipes = ready ?? openHeld(await firstLines(shell.stdout, ended, count))
    const real = pipes.every((pipe) => fstatSync(pipe).isFIFO())
    if (real && ready === undefined && source === 'documents') empty(pipes)
    if (!real) closeAll(pipes)
    if (!real && source === 'pipelines') throw new Error('the pipelines of /bin/sh are no pipes')
    return real ? pipes : undefined
  } finally {
    shell.stdin.destroy()
  }
}

/**
 * The pipes of a shell that holds them itself, emptied, if it has made them: often it has by now, and need not be waited for.
 * While it makes a pipe it has both ends, and the one that it writes to may stand where the next pipe will: all are
 * made when the last is a pipe of its own with a document in it. The last is therefore opened first: of a shell that makes
 * the others meanwhile, what was opened before could be both ends of one.
 */
export function openIfReady(pid: number | undefined): number[] | undefined {
  const pipes = unless('ENOENT', () => openHeld([String(pid)], HELD.toReversed()))
  if (pipes === undefined) return undefined
  const last = pipes.slice(0, 1)
  const others = pipes.slice(1)
  try {
    const [made] = last.map((pipe) => fstatSync(pipe).ino)
    const isItsOwn = others.every((pipe) => fstatSync(pipe).ino !== made)
    if (isItsOwn && unless('EAGAIN', () => empty(last)) !== undefined) {
      empty(others)
      return pipes
    }
  } catch (error) {
    closeAll(pipes)
    throw error
  }
  closeAll(pipes)
  return undefined
}

/** Takes the documents, of a byte each, out of pipes. */
function empty(pipes: readonly number[]): true {
  for (const pipe of pipes) readSync(pipe, Buffer.alloc(1))
  return true
}

/** Undefined where the system refuses something in this way. */
function unless<T>(code: string, action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return undefined
    throw error
  }
}

function openHeld(pids: readonly string[], held: readonly number[] = HELD): number[] {
  const opened: number[] = []
  try {
    for (const pid of pids) for (const fd of held) opened.push(openSync(`/proc/${pid}/fd/${fd}`, O_RDWR | O_NONBLOCK))
    return opened
  } catch (error) {
    closeAll(opened)
    throw error
  }
}

async function firstLines(
  stream: NodeJS.ReadableStream,
  ended: Promise<unknown>,
  count: number,
): Promise<readonly string[]> {
  let text = ''
  const complete = new Promise<void>((resolve) => {
    stream.on('data', (chunk) => {
      text += chunk
      if (text.split('\n').length > count) resolve()
    })
  })
  await Promise.race([complete, ended])
  const lines = text.split('\n').slice(0, -1)
  if (lines.length < count) throw new Error(`the shell ended after ${lines.length} of ${count} lines`)
  return lines
}

/** Both ends of each pipe, as descriptions of their own; the descriptors in stock are closed in any case. */
function openEnds(pipes: readonly number[]): CallPipes {
  const opened: number[] = []
  const open = (pipe: number | undefined, flags: number): number => {
    const descriptor = openSync(`/proc/self/fd/${pipe}`, flags)
    opened.push(descriptor)
    return descriptor
  }
  const [stdin, stdout, stderr] = pipes
  try {
    return {
      child: [open(stdin, O_RDONLY), open(stdout, O_WRONLY), open(stderr, O_WRONLY)],
      host: {
        stdin: open(stdin, O_WRONLY | O_NONBLOCK),
        stdout: open(stdout, O_RDONLY | O_NONBLOCK),
        stderr: open(stderr, O_RDONLY | O_NONBLOCK),
      },
    }
  } catch (error) {
    closeAll(opened)
    throw cannotMakePipes(error)
  } finally {
    closeAll(pipes)
  }
}

export function closeAll(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor)
}

function cannotMakePipes(cause: unknown): Smapiv3Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Smapiv3Error('INTERNAL', `cannot make the pipes of a call: ${reason}`, {
    cause,
    recovery: 'The host needs /bin/sh, /proc, and free processes and file descriptors (ulimit -u, ulimit -n).',
  })
}
