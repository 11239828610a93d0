/** The job in the background that flattens images, see flattening.ts: one at a time for each SR on this host. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endBackground, startBackground } from '../../src/engine/background.ts'
import { tryLock } from '../../src/engine/lock.ts'
import { findProcess } from '../../src/engine/qsd/daemon-process.ts'
import { fileNameFor, RUN_DIRECTORY_VARIABLE, runDirectory } from '../../src/engine/run-directory.ts'
import { flattenAll } from './flattening.ts'
import { JOB_ARGUMENT } from './job-argument.ts'
import { withRepository } from './repository.ts'

/** Milliseconds for the process to start, and to end. */
const PATIENCE = 10_000

/** Sees to it that the job runs, and looks at everything that is there now. It is not waited for. */
export async function wishJob(sr: string): Promise<void> {
  writeFileSync(fileOf(sr, 'request'), '')
  if (isJobRunning(sr)) return
  const run = process.env[RUN_DIRECTORY_VARIABLE]
  await startBackground({
    command: process.execPath,
    package: 'nodejs',
    args: [process.argv[1] ?? '', JOB_ARGUMENT, sr],
    ...(run === undefined ? {} : { env: { [RUN_DIRECTORY_VARIABLE]: run } }),
    log: fileOf(sr, 'log'),
    patience: PATIENCE,
    ready: () => true,
  })
}

/** Ends the job of an SR on this host, whatever it is at: that loses nothing. */
export function endJob(sr: string): Promise<void> {
  // With its connection to the cluster.
  return endBackground(PATIENCE, JOB_ARGUMENT, sr)
}

/** Removes what the jobs of an SR have left on this host: the SR is detached. */
export function forgetJob(sr: string): void {
  for (const ending of ['request', 'lock', 'log'] as const) rmSync(fileOf(sr, ending), { force: true })
}

/** What the health of an SR says while the job is at work, or about to; undefined where it is not. */
export function workInProgress(sr: string): string | undefined {
  // The lock is not tried: a job that finds it held goes.
  const isAtWork = existsSync(fileOf(sr, 'lock')) && findProcess(JOB_ARGUMENT, sr) !== undefined
  return isAtWork || existsSync(fileOf(sr, 'request'))
    ? 'images are being taken off those of destroyed volumes'
    : undefined
}

function isJobRunning(sr: string): boolean {
  if (!existsSync(fileOf(sr, 'lock'))) return false
  const held = tryLock(fileOf(sr, 'lock'))
  held?.remove()
  return held === undefined
}

/** The job: until nobody wishes more. */
export async function runJob(sr: string): Promise<void> {
  while (existsSync(fileOf(sr, 'request'))) {
    const held = tryLock(fileOf(sr, 'lock'))
    if (held === undefined) return
    try {
      while (existsSync(fileOf(sr, 'request'))) {
        rmSync(fileOf(sr, 'request'), { force: true })
        await work(sr)
      }
    } finally {
      held.remove()
    }
  }
}

async function work(sr: string): Promise<void> {
  const passed = new Set<string>()
  const round = () => withRepository(sr, (repository) => flattenAll(repository, passed))
  while (!(await round())) {}
}

function fileOf(sr: string, ending: 'request' | 'lock' | 'log'): string {
  return join(runDirectory('volume', 'rbd'), `${fileNameFor(sr)}.${ending}`)
}
