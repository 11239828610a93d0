/** The job that flattens RBD images is killed at any instant, and in the middle of Ceph's last step. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { lock } from '../../src/engine/lock.ts'
import { missing, underCeph } from './rbd-fixture.ts'
import { type FlattenedSr, flattenedSr, nameOf, slowOsd, startJob } from './rbd-left.ts'
import { killProcess } from './suites/killer.ts'
import { type Random, randomNumbers, SEED } from './suites/random.ts'
import type { Volume } from './suites/storage.ts'

/** How often the job is killed; two of three times in the last step. */
const KILLS = Number(process.env.SMAPIV3_CRASHES ?? 40)

/** SRs whose jobs are killed at the same time. */
const SRS = 2

/** Images that are made to be flattened at a time, after a first one. */
const BATCH = 6

/**
 * Seconds that the OSD waits before it takes a message: 0.004 puts the two halves of the last step so far apart that most of
 * the kills aimed there come between them, and makes everything slow.
 */
const DELAY = Number(process.env.SMAPIV3_OSD_DELAY ?? 0)

const it = underCeph()

describe.skipIf(missing)('the job that flattens images', () => {
  test(
    `is killed ${KILLS} times, no volume loses a byte, and all are flattened in the end (SMAPIV3_SEED=${SEED})`,
    async () => {
      if (DELAY > 0) await slowOsd(it.ceph, DELAY)
      const lanes = Array.from({ length: SRS }, (_, number) =>
        inOneSr(randomNumbers(SEED + 7919 * number), Math.ceil((KILLS - number) / SRS)),
      )
      const inLastStep = (await Promise.all(lanes)).reduce((sum, hits) => sum + hits, 0)
      console.info(`${KILLS} kills, ${inLastStep} of them between the two halves of the last step`)
    },
    Math.max(300_000, KILLS * 20_000),
  )

  type Watch = Awaited<ReturnType<typeof watchOn>>

  /** @returns how many kills met an image that was off the list of children and still had its parent */
  async function inOneSr(random: Random, kills: number): Promise<number> {
    const place = await flattenedSr(it, 2)
    const { sr } = place
    const origin = await place.create()
    place.put(origin, 0, 0xa5)
    // A snapshot: those who make one of the same image at once get in each other's way.
    const template = await it.call('Volume.snapshot', { sr, key: origin.key })
    // It stays a child, since the template stays a volume.
    const reference = await it.call('Volume.clone', { sr, key: template.key })
    place.put(reference, 1, 0x33)
    const all: Volume[] = []
    let waiting: Volume[] = []
    let duration = 0
    let hits = 0
    for (let done = 0; done < kills; ) {
      if (waiting.length === 0) {
        const held = lock(place.lockFile)
        waiting = await Promise.all(Array.from({ length: duration === 0 ? 1 : BATCH }, () => place.left(template)))
        held.remove()
        // In the order in which the job takes them.
        waiting.sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1))
        all.push(...waiting)
      }
      writeFileSync(place.requestFile, '')
      const [next] = waiting
      if (next === undefined) throw new Error('there is nothing to be flattened')
      // The first one is not killed, to learn how long one takes.
      if (duration === 0) {
        const begin = performance.now()
        expect(await once(startJob(it.plugin, sr), 'exit')).toEqual([0, null])
        duration = performance.now() - begin
      } else {
        const watch = random(3) > 0 ? await watchOn(place, next) : undefined
        if (await isKilled(sr, watch, (duration * random(1500)) / 1000, random(2) === 0)) done++
        if (watch !== undefined && (await it.parentOf(next)) !== undefined) hits++
      }
      const children: Volume[] = []
      for (const volume of waiting) {
        expect(await place.isSame(volume, reference)).toBe(true)
        if ((await place.recordOf(nameOf(volume))).parent !== undefined) children.push(volume)
      }
      waiting = children
    }
    await place.attach()
    await place.noJob()
    expect(await place.images()).toEqual([origin, reference, ...all].map(nameOf).sort())
    for (const volume of all) {
      expect(await it.parentOf(volume)).toBeUndefined()
      expect(await place.isSame(volume, reference)).toBe(true)
    }
    place.expectHeld(reference, [0xa5, 0x33])
    await place.destroy()
    expect((await it.radosIn(sr, 'ls')).trim()).toBe('')
    return hits
  }

  /**
   * What kills a process group when an image is off the list of its parent's children; undefined where it is already, and
   * still has its parent, because of another kill.
   */
  async function watchOn({ place, recordOf }: FlattenedSr, volume: Volume) {
    const { parent } = await recordOf(nameOf(volume))
    const { id } = await recordOf(parent?.image ?? '')
    const script = join(import.meta.dirname, 'rbd-detached.py')
    const where = [place.conf, place.keyring, place.pool, place.namespace, id]
    const watch = spawn('/usr/bin/python3', [script, ...where], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [answer] = await once(watch.stdout, 'data')
    if (`${answer}`.trim() === 'True') return watch
    watch.stdin.end()
    return undefined
  }

  /**
   * Runs the job, and kills it after some milliseconds, or when the watch does; says whether it was killed.
   * @param isWhole whether with its connection, which otherwise does what it is at to the end
   */
  async function isKilled(sr: string, watch: Watch, milliseconds: number, isWhole: boolean): Promise<boolean> {
    const job = startJob(it.plugin, sr)
    const ended = once(job, 'exit')
    if (watch !== undefined) {
      watch.stdin.end(`${job.pid}\n`)
    } else {
      const waiting = new AbortController()
      const { signal } = waiting
      await Promise.race([ended, sleep(milliseconds, undefined, { signal }).catch(() => {})])
      waiting.abort()
      if (job.exitCode === null && job.signalCode === null && job.pid !== undefined)
        killProcess(isWhole ? -job.pid : job.pid)
    }
    const [status, reason] = await ended
    if (reason === null) expect(status).toBe(0)
    return reason !== null
  }
})
