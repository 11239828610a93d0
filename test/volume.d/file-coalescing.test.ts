/** kill -9 of the job that merges images, at any instant: no volume loses a byte, and the next job finishes the work. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { withDir } from 'tmp-promise'
import { describe, expect, test } from 'vitest'
import { JOB_ARGUMENT } from '../../src/engine/images/coalesce-job.ts'
import { jobLockFile, jobRequestFile, readContents } from '../../src/engine/images/layout.ts'
import { lock } from '../../src/engine/lock.ts'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { processesNaming } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { fileStorage } from './file-storage.ts'
import { type Content, changed, expectAllStored, store, zeroes } from './suites/content.ts'
import { killProcess } from './suites/killer.ts'
import { type Random, randomNumbers, SEED } from './suites/random.ts'
import { underTest, type Volume } from './suites/storage.ts'

const CRASHES = Number(process.env.SMAPIV3_CRASHES ?? 200)

/** SRs whose jobs are killed at the same time. */
const SRS = 4

/** Of the time that the whole work takes, the part in which a job is killed: several are, each at another stage, until it is done. */
const PART = 1 / 2

const SIZE = 2 * 2 ** 20

/** Milliseconds to wait for what must come to an end. */
const PATIENCE = 60_000

/** An SR with work to be done: the volumes that are left, what they hold, and the directory with all files of volumes. */
interface Work {
  readonly contents: ReadonlyMap<string, Content>
  readonly files: string
}

describe.skipIf(lacks('qemu-img', 'qemu-io'))('the job that merges images', () => {
  const it = underTest(fileStorage('qcow2'))

  test(
    `is killed ${CRASHES} times in ${SRS} SRs (SMAPIV3_SEED=${SEED})`,
    () =>
      withDir(
        async ({ path }) => {
          const work = await makeWork(path)
          const lanes = Array.from({ length: SRS }, (_, number) =>
            killInOneSr(work, randomNumbers(SEED + 7919 * number), Math.ceil((CRASHES - number) / SRS)),
          )
          const outcomes = await Promise.allSettled(lanes)
          const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
          if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'))
          const stages = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
          console.log(`the work was begun ${stages.length} times, and finished after ${stages.join(', ')} kills`)
        },
        { unsafeCleanup: true },
      ),
    Math.max(300_000, CRASHES * 10_000),
  )

  /** Makes what the job has to do once, for all SRs: six images to be merged, in chains of several kinds, and two to be removed. */
  async function makeWork(files: string): Promise<Work> {
    const { plugin } = it
    const { sr } = await it.newSr()
    const directory = fileURLToPath(sr)
    const contents = new Map<string, Content>()
    const contentOf = ({ key }: Volume) => contents.get(key) ?? zeroes(SIZE)
    async function put(volume: Volume, first: number, value: number): Promise<void> {
      await store(it, volume, first, 2, value)
      contents.set(volume.key, changed(contentOf(volume), first, 2, value))
    }
    async function derive(method: 'Volume.snapshot' | 'Volume.clone', volume: Volume): Promise<Volume> {
      const made = await plugin.call(method, { sr, key: volume.key })
      contents.set(made.key, contentOf(volume))
      return made
    }
    async function destroy({ key }: Volume): Promise<void> {
      await plugin.call('Volume.destroy', { sr, key })
      contents.delete(key)
    }
    // As long as it is held, no job begins.
    const held = lock(jobLockFile(directory))
    const volume = await plugin.call('Volume.create', { sr, name: 'v', description: '', size: SIZE, sharable: false })
    const snapshots: Volume[] = []
    for (let round = 0; round < 7; round++) {
      await put(volume, round, 0x50 + round)
      snapshots.push(await derive('Volume.snapshot', volume))
    }
    const [, , kept, , , source] = snapshots
    if (kept === undefined || source === undefined) throw new Error('there are too few snapshots')
    const clone = await derive('Volume.clone', kept)
    await put(clone, 10, 0x70)
    const below = await derive('Volume.snapshot', clone)
    await put(clone, 11, 0x71)
    const left = await derive('Volume.clone', source)
    const alone = await derive('Volume.snapshot', left)
    for (const one of [...snapshots, below, alone, left]) if (one !== kept && one !== source) await destroy(one)
    copyVolumes(directory, files)
    held.remove()
    await plugin.call('SR.destroy', { sr })
    return { contents, files }
  }

  /** @returns how many jobs were killed each time until the work was done */
  async function killInOneSr({ contents, files }: Work, random: Random, times: number): Promise<number[]> {
    const { plugin, storage } = it
    const { sr, place } = await it.newSr()
    const directory = fileURLToPath(sr)
    const keys = [...contents.keys()].sort()

    async function expectNothingLost(): Promise<readonly Volume[]> {
      const volumes = await plugin.call('SR.ls', { sr })
      expect(volumes.map(({ key }) => key).sort()).toEqual(keys)
      await expectAllStored(
        it,
        volumes.map((volume) => [volume, contents.get(volume.key) ?? []] as const),
      )
      return volumes
    }

    /** After a job that was not killed, and SR.attach, which may start another one. */
    async function expectDone(): Promise<void> {
      await plugin.call('SR.attach', { configuration: place })
      await storage.settle?.(place)
      const volumes = await expectNothingLost()
      await storage.check(place, volumes)
      expect(imagesIn(directory)).toEqual(keys.map((key) => `${key}.qcow2`))
    }

    copyVolumes(files, directory)
    const begin = performance.now()
    expect(await ending(startJob(sr, directory))).toBe(0)
    const duration = performance.now() - begin
    await expectDone()

    const stages: number[] = []
    for (let done = 0, before = 0; done < times; before = done) {
      for (const key of readContents(directory).volumes.keys()) removeVolume(directory, key)
      copyVolumes(files, directory)
      expect(imagesIn(directory).length).toBeGreaterThan(keys.length)
      while (done < times && (await killJob(sr, directory, duration, random))) {
        done++
        await expectNothingLost()
      }
      await expectDone()
      stages.push(done - before)
    }
    await plugin.call('SR.destroy', { sr })
    expect(await storage.remains(place)).toEqual([])
    return stages
  }

  /** Starts the job as a call does that has found something to do. */
  function startJob(sr: string, directory: string): ChildProcess {
    writeFileSync(jobRequestFile(directory), '')
    return spawn(process.execPath, [join(it.plugin.directory, 'Volume.destroy'), JOB_ARGUMENT, sr], {
      cwd: '/',
      env: { PATH: process.env.PATH, SMAPIV3_RUN_DIR: it.plugin.runDirectory },
      stdio: 'ignore',
      detached: true,
    })
  }

  /**
   * Starts the job and kills it, one time with the tool that it waits for and one time without.
   * @returns false where it was done before
   */
  async function killJob(sr: string, directory: string, duration: number, random: Random): Promise<boolean> {
    const job = startJob(sr, directory)
    const ended = ending(job)
    const waiting = new AbortController()
    const { signal } = waiting
    const instant = duration * PART * (random(1000) / 1000)
    await Promise.race([ended, sleep(instant, undefined, { signal }).catch(() => {})])
    waiting.abort()
    const { pid } = job
    if (pid === undefined) throw new Error('the job did not start')
    if (job.exitCode === null && job.signalCode === null) killProcess(random(2) === 0 ? pid : -pid)
    const status = await ended
    // A tool goes on for a moment; a job that begins meanwhile leaves its images to the next one.
    const areGone = await waitUntil(() => processesNaming(`${directory}/`).length === 0, PATIENCE)
    if (!areGone) throw new Error('a tool of the job goes on and on')
    if (status !== null) expect(status).toBe(0)
    return status === null
  }
})

function copyVolumes(from: string, to: string): void {
  for (const key of readContents(from).volumes.keys()) {
    for (const ending of ['json', 'qcow2']) {
      const source = join(from, `${key}.${ending}`)
      if (statSync(source, { throwIfNoEntry: false }) !== undefined) copyFileSync(source, join(to, `${key}.${ending}`))
    }
  }
}

function removeVolume(directory: string, key: string): void {
  for (const name of readdirSync(directory)) if (name.startsWith(key)) rmSync(join(directory, name))
}

function imagesIn(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name.includes('.qcow2'))
    .sort()
}

/** The exit status of a process; null where it was killed. */
async function ending(child: ChildProcess): Promise<number | null> {
  const [status] = await once(child, 'exit')
  return status
}
