/** Bytes of images that nobody uses, by qemu-io: one process for any number of them. */
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** An image as qemu-io opens it. */
export interface Image {
  /** The arguments of its command `open`; it knows no quotes, so that none may have a space. */
  readonly open: string
  /** Where it runs, for images by their names. */
  readonly directory?: string
}

/** What is done with an image. */
export interface Session {
  readonly image: Image
  /** Commands that read or write, such as `read -P 1 0 65536`. */
  readonly commands: readonly string[]
  /** Whether one of them writes. */
  readonly writes: boolean
}

/** Milliseconds that a process may take: no test may be able to hang. */
const PATIENCE = 100_000

/** Runs commands on images; fails where one of them does, or finds other bytes than it should. */
export async function onImages(sessions: readonly Session[]): Promise<void> {
  const directories = new Set(sessions.map(({ image }) => image.directory))
  for (const directory of directories) {
    await run(
      sessions.filter(({ image }) => image.directory === directory),
      directory,
    )
  }
}

async function run(sessions: readonly Session[], directory: string | undefined): Promise<void> {
  const lines = sessions.flatMap(({ image, commands, writes }) => [
    `open ${writes ? '' : '-r '}${image.open}`,
    ...commands,
    ...(writes ? ['flush'] : []),
    'close',
  ])
  const { stdout, stderr } = await qemuIo(lines, directory)
  // What cannot be opened is read all the same, and qemu-io says so to nobody but people.
  const done = stdout.match(/^(read|wrote) \d+\/\d+ bytes/gm)?.length ?? 0
  const wanted = sessions.reduce((sum, { commands }) => sum + commands.length, 0)
  if (done === wanted && stderr === '' && !/verification failed|error/i.test(stdout)) return
  throw new Error(`${lines.join('; ')}: ${stdout}${stderr}`)
}

/** What passes: an image that is locked, and one that was merged, and what it stood on removed, between the openings of both. */
const PASSING = /Failed to get .* lock|Could not open backing file/

/**
 * Runs qemu-io, again after what passes: the job that merges images opens those of volumes that nobody uses, for a moment, and
 * replaces them, under locks that only plugins take.
 */
async function qemuIo(lines: readonly string[], cwd?: string): Promise<{ stdout: string; stderr: string }> {
  const end = Date.now() + PATIENCE
  const args = lines.flatMap((line) => ['-c', line])
  for (;;) {
    const run = promisify(execFile)('qemu-io', args, {
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
      ...(cwd === undefined ? {} : { cwd }),
    })
    const outcome = await run.catch((error: Error & { stdout: string; stderr: string }) => error)
    if (!PASSING.test(outcome.stderr) || Date.now() > end) {
      if (outcome instanceof Error) throw outcome
      return outcome
    }
    await sleep(20)
  }
}
