/** kill -9 at any instant: no volume that was there loses a byte, the repeated call succeeds, and nothing leaks. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { MethodName, Params } from '../../../src/contract/methods.ts'
import { errnoOf } from '../../../src/engine/storage-error.ts'
import {
  BLOCK,
  type Content,
  changed,
  expectAllStored,
  expectContent,
  expectStored,
  grown,
  store,
  withDisk,
  zeroes,
} from './content.ts'
import { type Random, randomNumbers, SEED } from './random.ts'
import { type StorageDescription, underTest, type Volume } from './storage.ts'

/** How often the plugin is killed unless SMAPIV3_CRASHES says otherwise. */
const CRASHES = 200

/** SRs whose calls are killed at the same time: a repeated call often waits for what the killed one left. */
const SRS = 4

/** How often SR.destroy is killed in each SR before it may finish. */
const DESTRUCTIONS = 3

/** How much longer than an undisturbed call a kill is awaited: some calls are to finish. */
const SLACK = 1.2

/** @param crashes for plugins of which one kill takes long */
export function crash(description: StorageDescription, crashes = CRASHES): void {
  describe('killed at any instant', () => {
    const it = underTest(description)
    const kills = Number(process.env.SMAPIV3_CRASHES ?? crashes)

    /** Milliseconds of a call that nobody killed, by method. */
    const durations = new Map<MethodName, number>()

    /** Starts a call and kills its process, and only that, at a random instant. The first call of a method may finish. */
    async function kill<M extends MethodName>(random: Random, method: M, params: Omit<Params<M>, 'dbg'>) {
      const known = durations.get(method)
      const chance = random(1000) / 1000
      const begin = performance.now()
      const child = it.plugin.start(method, params)
      const closed = once(child, 'close')
      child.stdout?.resume()
      child.stderr?.resume()
      if (known !== undefined) {
        const waiting = new AbortController()
        const { signal } = waiting
        await Promise.race([closed, sleep(known * SLACK * chance, undefined, { signal }).catch(() => {})])
        waiting.abort()
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      }
      await closed
      if (known === undefined) durations.set(method, performance.now() - begin)
    }

    test(
      `${kills} times in ${SRS} SRs (SMAPIV3_SEED=${SEED})`,
      async () => {
        const lanes = Array.from({ length: SRS }, (_, number) =>
          inOneSr(randomNumbers(SEED + 7919 * number), Math.ceil((kills - number) / SRS)),
        )
        const outcomes = await Promise.allSettled(lanes)
        const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
        if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'))
      },
      Math.max(300_000, kills * 20_000),
    )

    /** Kills calls in an SR of its own, from its creation to its end. */
    async function inOneSr(random: Random, times: number): Promise<void> {
      const { plugin, datapath, storage, unit } = it
      const { sr, place } = await it.newSr()
      const size = 2 * unit
      const request = { sr, name: 'v', description: '', size, sharable: false }
      const contents = new Map<string, Content>()

      async function create(value: number): Promise<Volume> {
        const volume = await plugin.call('Volume.create', request)
        await store(it, volume, 1, 5, value)
        contents.set(volume.key, changed(zeroes(Number(volume.virtual_size)), 1, 5, value))
        return volume
      }
      const contentOf = (key: string): Content => {
        const content = contents.get(key)
        if (content === undefined) throw new Error(`no content is known of ${key}`)
        return content
      }
      const stat = (key: string) => plugin.call('Volume.stat', { sr, key })

      const kept = await create(0xa5)
      const victim = await create(0x5a)
      const snapshot = it.has('VDI_SNAPSHOT')
        ? await plugin.call('Volume.snapshot', { sr, key: victim.key })
        : undefined
      if (snapshot !== undefined) contents.set(snapshot.key, contentOf(victim.key))

      const calls: [string, () => Promise<void>][] = [
        [
          'VDI_CREATE',
          async () => {
            await kill(random, 'Volume.create', request)
            await plugin.call('Volume.create', request)
          },
        ],
        [
          'VDI_SNAPSHOT',
          async () => {
            const value = 1 + random(255)
            await store(it, await stat(victim.key), 3, 2, value)
            contents.set(victim.key, changed(contentOf(victim.key), 3, 2, value))
            await kill(random, 'Volume.snapshot', { sr, key: victim.key })
            const again = await plugin.call('Volume.snapshot', { sr, key: victim.key })
            await expectStored(it, again, contentOf(victim.key))
          },
        ],
        [
          'VDI_CLONE',
          async () => {
            await kill(random, 'Volume.clone', { sr, key: kept.key })
            const again = await plugin.call('Volume.clone', { sr, key: kept.key })
            await expectStored(it, again, contentOf(kept.key))
            await store(it, again, 0, 8, 0x77)
          },
        ],
        [
          'VDI_REVERT',
          async () => {
            if (snapshot === undefined) return
            const revert = { sr, key: victim.key, snapshot: snapshot.key }
            await kill(random, 'Volume.revert', revert)
            await expectEither(victim.key, [contentOf(victim.key), contentOf(snapshot.key)])
            await plugin.call('Volume.revert', revert)
            contents.set(victim.key, contentOf(snapshot.key))
          },
        ],
        [
          'VDI_RESIZE',
          async () => {
            const { virtual_size } = await stat(victim.key)
            const new_size = Number(virtual_size) + unit
            await kill(random, 'Volume.resize', { sr, key: victim.key, new_size })
            await plugin.call('Volume.resize', { sr, key: victim.key, new_size })
            const after = await stat(victim.key)
            expect(after.virtual_size).toBe(new_size)
            contents.set(victim.key, grown(contentOf(victim.key), new_size))
          },
        ],
        [
          'VDI_DELETE',
          async () => {
            const { key } = it.has('VDI_CLONE')
              ? await plugin.call('Volume.clone', { sr, key: kept.key })
              : await plugin.call('Volume.create', request)
            await kill(random, 'Volume.destroy', { sr, key })
            await plugin.call('Volume.destroy', { sr, key })
            expect((await plugin.call('SR.ls', { sr })).map((volume) => volume.key)).not.toContain(key)
          },
        ],
        [
          'VDI_UPDATE',
          async () => {
            const set = { sr, key: kept.key, k: 'k', v: `${random(1000)}` }
            await kill(random, 'Volume.set', set)
            await plugin.call('Volume.set', set)
            expect((await stat(kept.key)).keys).toMatchObject({ k: set.v })
          },
        ],
      ]
      const possible = calls.filter(
        ([feature]) => it.has(feature) || (feature === 'VDI_DELETE' && it.has('VDI_DESTROY')),
      )

      async function expectEither(key: string, either: readonly Content[]): Promise<void> {
        const volume = await stat(key)
        const blocks = Number(volume.virtual_size) / BLOCK
        const failures: unknown[] = []
        for (const content of either.filter(({ length }) => length === blocks)) {
          try {
            return await expectStored(it, volume, content)
          } catch (error) {
            failures.push(error)
          }
        }
        throw new AggregateError(failures, `${key} holds neither of what it may`)
      }

      for (let done = 0; done < times; done++) {
        const [, call] = possible[done % possible.length] ?? []
        await call?.()
        for (const pid of storage.jobs?.(place) ?? []) if (random(2) === 0) killJob(pid)
        const volumes = await plugin.call('SR.ls', { sr })
        expect(volumes.map(({ key }) => key)).toEqual(expect.arrayContaining([...contents.keys()]))
        const known = volumes.filter(({ key }) => contents.has(key))
        await expectAllStored(
          it,
          known.map((volume) => [volume, contentOf(volume.key)] as const),
        )
        for (const { key } of volumes) if (!contents.has(key)) await plugin.call('Volume.destroy', { sr, key })
      }

      await plugin.call('SR.attach', { configuration: place })
      await storage.settle?.(place)
      const volumes = await plugin.call('SR.ls', { sr })
      expect(volumes.map(({ key }) => key).sort()).toEqual([...contents.keys()].sort())
      await storage.check(place, volumes)
      for (const volume of volumes) {
        // Whatever it has been through, a volume can be written.
        if (volume.read_write) await withDisk(datapath, volume, async () => {})
        await expectContent(datapath, volume, contentOf(volume.key))
      }

      durations.set('SR.destroy', DESTRUCTIONS * (durations.get('Volume.create') ?? 0))
      const isAttached = async () => (await plugin.call('Plugin.ls', {})).includes(sr)
      for (let done = 0; done < DESTRUCTIONS && (await isAttached()); done++) await kill(random, 'SR.destroy', { sr })
      if (await isAttached()) await plugin.call('SR.destroy', { sr })
      expect(await storage.remains(place)).toEqual([])
    }
  })
}

/** A job that has just ended is none any more. */
function killJob(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}
