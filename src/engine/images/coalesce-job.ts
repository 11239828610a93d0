/** The job in the background that gives the space of destroyed snapshots back, see coalesce.ts: one at a time for each SR. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeFile, removeFile } from '../atomic-file.ts'
import { endBackground, startBackground } from '../background.ts'
import { fileNameFor, RUN_DIRECTORY_VARIABLE, runDirectory } from '../run-directory.ts'
import { mergeOne } from './coalesce.ts'
import { collect } from './collect.ts'
import type { RepositoryDriver } from './driver.ts'
import { jobLockFile, jobRequestFile, readContents } from './layout.ts'
import { checkRepository, openRepository, type Repository } from './repository.ts'

/** The argument that makes the plugin's executable the job; the SR's handle follows. */
export const JOB_ARGUMENT = '--coalesce'

/** Milliseconds for the process to start, and to end. */
const PATIENCE = 10_000

/** How often the lock is tried before another job counts as at work, and milliseconds in between. */
const REFUSALS = 5
const INTERVAL = 100

/** Sees to it that the job runs, and looks at everything that is there now. It is not waited for. */
export async function wishJob(repository: Repository, when: 'needed' | 'always' = 'needed'): Promise<void> {
  const { directory, attachment, driver } = repository
  if (when === 'needed' && !hasHidden(directory)) return
  makeFile(jobRequestFile(directory))
  if (await isJobRunning(repository)) return
  const run = process.env[RUN_DIRECTORY_VARIABLE]
  await startBackground({
    command: process.execPath,
    package: 'nodejs',
    args: [process.argv[1] ?? '', JOB_ARGUMENT, attachment.sr],
    ...(run === undefined ? {} : { env: { [RUN_DIRECTORY_VARIABLE]: run } }),
    log: jobLogFile(driver, attachment.sr),
    patience: PATIENCE,
    ready: () => true,
  })
}

/** Ends the job of an SR on this host, whatever it is at: that loses nothing. */
export function endJob(sr: string): Promise<void> {
  // With the tool that it waits for.
  return endBackground(PATIENCE, JOB_ARGUMENT, sr)
}

/** Removes what the jobs of an SR have said: the SR is detached. */
export function forgetJob(driver: RepositoryDriver, sr: string): void {
  rmSync(jobLogFile(driver, sr), { force: true })
}

function jobLogFile(driver: RepositoryDriver, sr: string): string {
  return join(runDirectory('volume', driver.plugin), `${fileNameFor(sr)}.log`)
}

/** Whether the job is at work on an SR. */
export async function isJobRunning({ directory, locks }: Pick<Repository, 'directory' | 'locks'>): Promise<boolean> {
  if (!existsSync(jobLockFile(directory))) return false
  const held = await locks.tryLock(jobLockFile(directory))
  held?.remove()
  return held === undefined
}

/** The job: until nobody wishes more. */
export async function runJob(driver: RepositoryDriver, sr: string): Promise<void> {
  const repository = await openRepository(driver, sr)
  const { directory, locks } = repository
  for (let refusals = 0; existsSync(jobRequestFile(directory)); ) {
    const held = await locks.tryLock(jobLockFile(directory))
    if (held === undefined) {
      // Another job, which does what is wished; or somebody who asks whether there is one, and holds the lock for an instant.
      if (++refusals === REFUSALS) return
      await sleep(INTERVAL)
      continue
    }
    try {
      while (existsSync(jobRequestFile(directory))) {
        removeFile(jobRequestFile(directory))
        await work(repository)
      }
    } finally {
      held.remove()
    }
  }
}

async function work(repository: Repository): Promise<void> {
  const { driver, attachment } = repository
  const passed = new Set<string>()
  const mayMerge = (await driver.mayMerge?.(attachment)) ?? true
  do {
    checkRepository(repository)
    await collect(repository)
  } while (mayMerge && (await mergeOne(repository, passed)))
}

/** Whether there are images that nothing names. */
function hasHidden(directory: string): boolean {
  for (const endings of readContents(directory).volumes.values()) {
    if ((endings.has('.qcow2') || endings.has('.cbt')) && !endings.has('.json')) return true
  }
  return false
}

/** What the health of an SR says while it works; undefined where there is nothing to do. */
export async function workInProgress(place: Pick<Repository, 'directory' | 'locks'>): Promise<string | undefined> {
  if (!(await isJobRunning(place))) return undefined
  return 'the space of destroyed snapshots is being given back'
}
