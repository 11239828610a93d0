/** kill -9 at any instant: no volume that was there loses a byte, the repeated call succeeds, and nothing leaks. */
import { describe, expect, test } from 'vitest'
import { eventually } from '../../support/servers/eventually.ts'
import {
  BLOCK,
  type Content,
  changed,
  expectAllStored,
  expectBytes,
  expectContent,
  expectStored,
  grown,
  store,
  withDisk,
  zeroes,
} from './content.ts'
import { killer, killProcess } from './killer.ts'
import { type Random, randomNumbers, SEED } from './random.ts'
import { type StorageDescription, underTest, type Volume } from './storage.ts'

/** How often the plugin is killed unless SMAPIV3_CRASHES says otherwise. */
const CRASHES = 200

/** SRs whose calls are killed at the same time: a repeated call often waits for what the killed one left. */
const SRS = 4

/** How often SR.destroy is killed in each SR before it may finish. */
const DESTRUCTIONS = 3

export function crash(description: StorageDescription): void {
  describe('killed at any instant', () => {
    const it = underTest(description)
    const kills = Number(process.env.SMAPIV3_CRASHES ?? CRASHES)

    const { kill, durations } = killer(() => it.plugin)

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
      const kept = await create(0xa5)
      const victim = await create(0x5a)
      const snapshot = it.has('VDI_SNAPSHOT')
        ? await plugin.call('Volume.snapshot', { sr, key: victim.key })
        : undefined
      if (snapshot !== undefined) contents.set(snapshot.key, contentOf(victim.key))

      /** Volumes that repeated calls have made, for calls of Volume.destroy that are killed. */
      const spares: Volume[] = []
      const addSpare = (volume: Volume, content: Content): void => {
        spares.push(volume)
        contents.set(volume.key, content)
      }

      /** Keys of those that have been destroyed. */
      const destroyed = new Set<string>()

      /** What Volume.set has stored with one volume. */
      let stored: string | undefined

      /** What SR.ls has told last. */
      let seen: ReadonlyMap<string, Volume> = new Map()

      /** All volumes that SR.ls tells of. Those that killed calls have made are destroyed: nobody was told their keys. */
      async function listed(): Promise<ReadonlyMap<string, Volume>> {
        const volumes = await plugin.call('SR.ls', { sr })
        for (const { key } of volumes) {
          expect(destroyed).not.toContain(key)
          if (!contents.has(key)) await plugin.call('Volume.destroy', { sr, key })
        }
        seen = new Map(volumes.filter(({ key }) => contents.has(key)).map((volume) => [volume.key, volume]))
        return seen
      }

      /**
       * What must hold after each kill: SR.ls answers, and every volume is there and holds what it did.
       * @param subject key of the volume that was being changed: it holds one of its contents, of which sizes differ or bytes
       */
      async function expectNothingLost(subject?: string, either: readonly Content[] = []): Promise<void> {
        const volumes = await listed()
        const others = [...contents.keys()].filter((key) => key !== subject)
        expect([...volumes.keys()]).toEqual(expect.arrayContaining(others))
        const unchanged = [...volumes.values()].filter(({ key }) => key !== subject)
        for (const { key, virtual_size, keys } of unchanged) {
          expect(Number(virtual_size)).toBe(contentOf(key).length * BLOCK)
          expect(keys.k).toBe(key === kept.key ? stored : undefined)
        }
        const sure = unchanged.map((volume) => [volume, contentOf(volume.key)] as const)
        if (either.length === 0) return await expectAllStored(it, sure)
        const volume = volumes.get(subject ?? '')
        if (volume === undefined) throw new Error(`SR.ls does not have ${subject} any more`)
        const possible = either.filter(({ length }) => length * BLOCK === Number(volume.virtual_size))
        const [content] = possible
        // Mostly its size tells, and one look is enough for all volumes.
        if (content !== undefined && possible.length === 1) {
          return await expectAllStored(it, [...sure, [volume, content]])
        }
        await expectAllStored(it, sure)
        await expectEither(volume, possible)
      }

      async function expectEither(volume: Volume, either: readonly Content[]): Promise<void> {
        const failures: unknown[] = []
        for (const content of either) {
          try {
            return await expectStored(it, volume, content)
          } catch (error) {
            failures.push(error)
          }
        }
        throw new AggregateError(failures, `${volume.key} holds neither of what it may`)
      }

      const creation = async (): Promise<void> => {
        await kill(random, 'Volume.create', request)
        await expectNothingLost()
        addSpare(await plugin.call('Volume.create', request), zeroes(size))
      }
      const snapshotting = async (): Promise<void> => {
        const value = 1 + random(255)
        await store(it, seen.get(victim.key) ?? victim, 3, 2, value)
        contents.set(victim.key, changed(contentOf(victim.key), 3, 2, value))
        await kill(random, 'Volume.snapshot', { sr, key: victim.key })
        await expectNothingLost()
        addSpare(await plugin.call('Volume.snapshot', { sr, key: victim.key }), contentOf(victim.key))
      }
      const cloning = async (): Promise<void> => {
        await kill(random, 'Volume.clone', { sr, key: kept.key })
        await expectNothingLost()
        const again = await plugin.call('Volume.clone', { sr, key: kept.key })
        await expectStored(it, again, contentOf(kept.key))
        await store(it, again, 0, 8, 0x77)
        addSpare(again, changed(contentOf(kept.key), 0, 8, 0x77))
      }
      const reverting = async (): Promise<void> => {
        if (snapshot === undefined) return
        const revert = { sr, key: victim.key, snapshot: snapshot.key }
        await kill(random, 'Volume.revert', revert)
        await expectNothingLost(victim.key, [contentOf(victim.key), contentOf(snapshot.key)])
        await plugin.call('Volume.revert', revert)
        contents.set(victim.key, contentOf(snapshot.key))
      }
      const resizing = async (): Promise<void> => {
        const before = contentOf(victim.key)
        const new_size = before.length * BLOCK + unit
        const after = grown(before, new_size)
        await kill(random, 'Volume.resize', { sr, key: victim.key, new_size })
        await expectNothingLost(victim.key, [before, after])
        await plugin.call('Volume.resize', { sr, key: victim.key, new_size })
        contents.set(victim.key, after)
      }
      const updating = async (): Promise<void> => {
        const set = { sr, key: kept.key, k: 'k', v: `${random(1000)}` }
        await kill(random, 'Volume.set', set)
        await expectNothingLost(kept.key, [contentOf(kept.key)])
        await plugin.call('Volume.set', set)
        stored = set.v
      }
      const destruction = async (): Promise<void> => {
        const { key } = spares.shift() ?? (await plugin.call('Volume.create', request))
        await kill(random, 'Volume.destroy', { sr, key })
        await expectNothingLost(key)
        await plugin.call('Volume.destroy', { sr, key })
        contents.delete(key)
        destroyed.add(key)
      }

      // What makes volumes comes before as many destructions.
      const calls: readonly (readonly [features: readonly string[], call: () => Promise<void>])[] = [
        [['VDI_CREATE'], creation],
        [['VDI_SNAPSHOT'], snapshotting],
        [['VDI_CLONE'], cloning],
        [['VDI_REVERT'], reverting],
        [['VDI_RESIZE'], resizing],
        [['VDI_UPDATE'], updating],
        [['VDI_DELETE'], destruction],
        [['VDI_DELETE', 'VDI_SNAPSHOT'], destruction],
        [['VDI_DELETE', 'VDI_CLONE'], destruction],
      ]
      const possible = calls.filter(([features]) => features.every((feature) => it.has(feature)))

      for (let done = 0; done < times; done++) {
        const [, call] = possible[done % possible.length] ?? []
        await call?.()
        for (const pid of storage.jobs?.(place) ?? []) if (random(2) === 0) killProcess(pid)
      }
      await listed()

      let volumes: readonly Volume[] = []
      await eventually(
        async () => {
          await plugin.call('SR.attach', { configuration: place })
          await storage.settle?.(place)
          volumes = await plugin.call('SR.ls', { sr })
          await storage.check(place, volumes)
          return true
        },
        'nothing is left of what killed calls and jobs had begun',
        storage.patience ?? 0,
      )
      expect(volumes.map(({ key }) => key).sort()).toEqual([...contents.keys()].sort())
      // Whatever it has been through, a volume can be written, and a domain can have it.
      for (const volume of volumes.filter(({ read_write }) => read_write)) {
        await store(it, volume, 6, 1, 0x99)
        contents.set(volume.key, changed(contentOf(volume.key), 6, 1, 0x99))
      }
      await expectAllStored(
        it,
        volumes.map((volume) => [volume, contentOf(volume.key)] as const),
      )
      for (const volume of volumes) {
        const content = contentOf(volume.key)
        if (volume.read_write) await withDisk(datapath, volume, (target) => expectBytes(target, content))
        else await expectContent(datapath, volume, content)
      }

      durations.set('SR.destroy', DESTRUCTIONS * (durations.get('Volume.create') ?? 0))
      const isAttached = async () => (await plugin.call('Plugin.ls', {})).includes(sr)
      for (let done = 0; done < DESTRUCTIONS && (await isAttached()); done++) await kill(random, 'SR.destroy', { sr })
      if (await isAttached()) await plugin.call('SR.destroy', { sr })
      expect(await storage.remains(place)).toEqual([])
    }
  })
}
