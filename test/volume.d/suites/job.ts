/** kill -9 of the job in the background, at any instant: no volume loses a byte, and the next job finishes the work. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch, writeFileSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { JOB_ARGUMENT } from '../../../src/engine/images/coalesce-job.ts'
import { jobLockFile, jobRequestFile, readContents } from '../../../src/engine/images/layout.ts'
import { waitUntil } from '../../../src/engine/qsd/daemon-process.ts'
import { RUN_DIRECTORY_VARIABLE } from '../../../src/engine/run-directory.ts'
import type { Locks } from '../../../src/engine/sr/locks.ts'
import { processesNaming } from '../../support/datapath.ts'
import type { TestPlugin } from '../../support/plugin.ts'
import { eventually } from '../../support/servers/eventually.ts'
import { type Content, changed, expectAllStored, store, zeroes } from './content.ts'
import { directoryOf } from './directory.ts'
import { killProcess } from './killer.ts'
import { type Random, randomNumbers, SEED } from './random.ts'
import { type StorageDescription, underTest, type Volume } from './storage.ts'

/** How often the job is killed unless SMAPIV3_CRASHES says otherwise. */
const CRASHES = 200

/** SRs whose jobs are killed at the same time. */
const SRS = 4

/**
 * Of the steps of the whole work, the part after which a job is killed at the latest: several are, each at another stage, until
 * it is done. By steps and not by time, which differs from job to job on a busy machine.
 */
const PART = 1 / 8

const SIZE = 2 * 2 ** 20

/** Milliseconds to wait for what must come to an end. */
const PATIENCE = 120_000

/** An SR in which work is made, as calls make it; no job of it begins. */
export interface Workplace {
  readonly directory: string
  create(): Promise<Volume>
  /** Writes a value to two blocks. */
  put(volume: Volume, first: number, value: number): Promise<void>
  derive(method: 'Volume.snapshot' | 'Volume.clone', volume: Volume): Promise<Volume>
  destroy(volume: Volume): Promise<void>
}

/** What the job has to do. */
export interface JobWork {
  /** What the job does, such as `merges images`. */
  readonly name: string
  /** How the processes of the plugin are kept apart. */
  readonly locks: Locks
  /** Makes it, and returns the names of the images that are left when it is done. */
  make(workplace: Workplace): Promise<readonly string[]>
}

/** Work that was made: the volumes that are left, what they hold, and all files of volumes. */
interface Made {
  readonly contents: ReadonlyMap<string, Content>
  readonly left: readonly string[]
  readonly files: Files
}

/** What is in files, by their names. */
type Files = ReadonlyMap<string, Buffer>

export function job(description: StorageDescription, work: JobWork): void {
  describe(`the job that ${work.name}`, () => {
    const it = underTest(description)
    const kills = Number(process.env.SMAPIV3_CRASHES ?? CRASHES)

    test(
      `is killed ${kills} times in ${SRS} SRs (SMAPIV3_SEED=${SEED})`,
      async () => {
        const made = await makeWork()
        const lanes = Array.from({ length: SRS }, (_, number) =>
          killInOneSr(made, randomNumbers(SEED + 7919 * number), Math.ceil((kills - number) / SRS)),
        )
        const outcomes = await Promise.allSettled(lanes)
        const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
        if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'))
        const stages = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
        console.log(`the work was begun ${stages.length} times, and finished after ${stages.join(', ')} kills`)
      },
      Math.max(600_000, kills * 20_000),
    )

    /** Makes what the job has to do once, for all SRs. */
    async function makeWork(): Promise<Made> {
      const { plugin } = it
      const { sr } = await it.newSr()
      const directory = directoryOf(plugin, sr)
      const contents = new Map<string, Content>()
      const contentOf = ({ key }: Volume) => contents.get(key) ?? zeroes(SIZE)
      const request = { sr, name: 'v', description: '', size: SIZE, sharable: false }
      // As long as it is held, no job begins.
      const held = await onHostOf(plugin, () => work.locks.lock(jobLockFile(directory)))
      const left = await work.make({
        directory,
        async create() {
          const volume = await plugin.call('Volume.create', request)
          contents.set(volume.key, zeroes(SIZE))
          return volume
        },
        async put(volume, first, value) {
          await store(it, volume, first, 2, value)
          contents.set(volume.key, changed(contentOf(volume), first, 2, value))
        },
        async derive(method, volume) {
          const made = await plugin.call(method, { sr, key: volume.key })
          contents.set(made.key, contentOf(volume))
          return made
        },
        async destroy({ key }) {
          await plugin.call('Volume.destroy', { sr, key })
          contents.delete(key)
        },
      })
      const files = await readVolumes(directory)
      held.remove()
      await plugin.call('SR.destroy', { sr })
      return { contents, left, files }
    }

    /** @returns how many jobs were killed each time until the work was done */
    async function killInOneSr({ contents, left, files }: Made, random: Random, times: number): Promise<number[]> {
      const { plugin, storage } = it
      const { sr, place } = await it.newSr()
      const directory = directoryOf(plugin, sr)
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

      /** After a job that was not killed: where it met what a killed one held, the next one finishes the work. */
      async function expectDone(): Promise<void> {
        const isDone = async () => (await imagesIn(directory)).join() === left.join()
        await eventually(
          async () => (await isDone()) || ((await ending(startJob(sr, directory))) === 0 && (await isDone())),
          'a repeated job finishes the work',
          PATIENCE,
        )
        await plugin.call('SR.attach', { configuration: place })
        await storage.settle?.(place)
        // The lock of a job that was killed before it said whose it is looks for some seconds like that of another host.
        await eventually(
          async () => (await plugin.call('SR.stat', { sr })).health[0] === 'Healthy',
          'the SR is healthy again',
          PATIENCE,
        )
        await storage.check(place, await expectNothingLost())
      }

      await writeVolumes(files, directory)
      const begin = performance.now()
      const whole = watchSteps(directory)
      expect(await ending(startJob(sr, directory))).toBe(0)
      whole.end()
      const count = Math.max(1, whole.count())
      const step = (performance.now() - begin) / count
      await expectDone()

      const stages: number[] = []
      for (let done = 0, before = 0; done < times; before = done) {
        await removeVolumes(directory)
        await writeVolumes(files, directory)
        expect((await imagesIn(directory)).length).toBeGreaterThan(left.length)
        const instant = () => [random(Math.ceil(count * PART)), step * (random(1000) / 1000)] as const
        while (done < times && (await killJob(sr, directory, instant(), random))) {
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
        env: { PATH: process.env.PATH, [RUN_DIRECTORY_VARIABLE]: it.plugin.runDirectory },
        stdio: 'ignore',
        detached: true,
      })
    }

    /**
     * Starts the job and kills it, one time with the tool that it waits for and one time without.
     * @param instant steps that it may do, and milliseconds after the last of them
     * @returns false where it was done before
     */
    async function killJob(
      sr: string,
      directory: string,
      [steps, milliseconds]: readonly [number, number],
      random: Random,
    ): Promise<boolean> {
      const watched = watchSteps(directory)
      const child = startJob(sr, directory)
      const ended = ending(child)
      const waiting = new AbortController()
      const { signal } = waiting
      await Promise.race([ended, watched.reached(steps + 1)])
      await Promise.race([ended, sleep(milliseconds, undefined, { signal }).catch(() => {})])
      waiting.abort()
      watched.end()
      const { pid } = child
      if (pid === undefined) throw new Error('the job did not start')
      if (child.exitCode === null && child.signalCode === null) killProcess(random(2) === 0 ? pid : -pid)
      const status = await ended
      // A tool goes on for a moment; a job that begins meanwhile leaves its images to the next one.
      const areGone = await waitUntil(() => processesNaming(`${directory}/`).length === 0, PATIENCE)
      if (!areGone) throw new Error('a tool of the job goes on and on')
      if (status !== null) expect(status).toBe(0)
      return status === null
    }
  })
}

/** Runs a body as a process of the host that a plugin runs on: for locks between hosts. */
async function onHostOf<T>({ runDirectory }: TestPlugin, body: () => T | Promise<T>): Promise<T> {
  const before = process.env[RUN_DIRECTORY_VARIABLE]
  process.env[RUN_DIRECTORY_VARIABLE] = runDirectory
  try {
    return await body()
  } finally {
    if (before === undefined) delete process.env[RUN_DIRECTORY_VARIABLE]
    else process.env[RUN_DIRECTORY_VARIABLE] = before
  }
}

const OF_VOLUME = /\.(json|qcow2)(\.tmp)?$/

/** Counts the steps of a job, whoever does them: names that come to a directory of this host, and names that go. */
function watchSteps(directory: string) {
  let steps = 0
  const watcher = watch(directory, (event) => {
    if (event !== 'rename') return
    steps++
    watcher.emit('step')
  })
  return {
    count: () => steps,
    async reached(count: number): Promise<void> {
      while (steps < count) await once(watcher, 'step')
    },
    end: () => watcher.close(),
  }
}

/*
 * Without blocking: a job that is to be killed in one SR goes on while this process waits for the directory of another, and
 * who comes too late has to make the work anew.
 */

async function readVolumes(directory: string): Promise<Files> {
  const files = new Map<string, Buffer>()
  const keys = readContents(directory).volumes
  for (const name of await readdir(directory)) {
    if (OF_VOLUME.test(name) && keys.has(name.slice(0, name.indexOf('.')))) {
      files.set(name, await readFile(join(directory, name)))
    }
  }
  return files
}

async function writeVolumes(files: Files, directory: string): Promise<void> {
  for (const [name, data] of files) await writeFile(join(directory, name), data, { mode: 0o600 })
}

async function removeVolumes(directory: string): Promise<void> {
  const keys = readContents(directory).volumes
  for (const name of await readdir(directory)) {
    if (keys.has(name.slice(0, name.indexOf('.')))) await rm(join(directory, name), { force: true, recursive: true })
  }
}

/** The images in a directory, those that are being made as well. */
async function imagesIn(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.includes('.qcow2')).sort()
}

/** The exit status of a process; null where it was killed. */
async function ending(child: ChildProcess): Promise<number | null> {
  const [status] = await once(child, 'exit')
  return status
}
