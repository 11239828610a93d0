/** Many processes at once on one SR: what they leave is what a model says, and nothing else. */
import { describe, expect, test } from 'vitest'
import { type Content, changed, expectAllStored, grown, store, zeroes } from './content.ts'
import { oneOf, type Random, randomNumbers, SEED } from './random.ts'
import { type StorageDescription, underTest, type Volume } from './storage.ts'

const WORKERS = 8

/** Operations of all workers together unless SMAPIV3_OPERATIONS says otherwise. */
const OPERATIONS = 500

/** Volumes of one worker at most. */
const VOLUMES = 4

interface Modelled {
  readonly key: string
  readonly readWrite: boolean
  /** Key of the volume that this is a snapshot of. */
  readonly snapshotOf?: string
  name: string
  content: Content
  keys: Readonly<Record<string, string>>
}

export function model(description: StorageDescription): void {
  describe('several processes', () => {
    const it = underTest(description)
    const count = Number(process.env.SMAPIV3_OPERATIONS ?? OPERATIONS)

    test(
      `${WORKERS} at once, ${count} operations: the state is the model's (SMAPIV3_SEED=${SEED})`,
      async () => {
        const { plugin, storage, unit } = it
        const { sr, place } = await it.newSr()
        const request = { sr, name: 'shared', description: '', size: unit, sharable: false }
        const shared = await plugin.call('Volume.create', request)
        const sharedKeys: Record<string, string> = {}

        async function worker(number: number): Promise<Modelled[]> {
          const random: Random = randomNumbers(SEED + 7919 * number)
          const volumes: Modelled[] = []
          const writable = () => volumes.filter(({ readWrite }) => readWrite)
          for (let done = 0; done < count / WORKERS; done++) {
            const operation = oneOf(random, OPERATION_NAMES)
            const subject = volumes.length > 0 ? oneOf(random, volumes) : undefined
            const target = writable().length > 0 ? oneOf(random, writable()) : undefined
            await operate(operation, subject, target)
          }
          return volumes

          async function add(made: Promise<Volume>, content: Content, more: Pick<Modelled, 'snapshotOf'> = {}) {
            const { key, read_write, name } = await made
            volumes.push({ key, readWrite: read_write, name, content, keys: {}, ...more })
          }

          async function operate(operation: Operation, subject?: Modelled, target?: Modelled): Promise<void> {
            const room = volumes.length < VOLUMES
            if (subject === undefined || target === undefined || (operation === 'create' && room)) {
              if (room) return add(plugin.call('Volume.create', { ...request, name: `${number}` }), zeroes(unit))
              return destroy(oneOf(random, volumes))
            }
            const { key, content } = subject
            switch (operation) {
              case 'snapshot':
                if (!room || !it.has('VDI_SNAPSHOT')) return destroy(subject)
                return add(plugin.call('Volume.snapshot', { sr, key }), content, { snapshotOf: key })
              case 'clone':
                if (!room || !it.has('VDI_CLONE')) return destroy(subject)
                return add(plugin.call('Volume.clone', { sr, key }), content)
              case 'create':
              case 'destroy':
                return destroy(subject)
              case 'revert': {
                const origin = writable().find((volume) => volume.key === subject.snapshotOf)
                if (origin === undefined || !it.has('VDI_REVERT')) return
                await plugin.call('Volume.revert', { sr, key: origin.key, snapshot: key })
                origin.content = content
                return
              }
              case 'resize': {
                if (!it.has('VDI_RESIZE')) return
                const new_size = target.content.length * 65536 + unit
                await plugin.call('Volume.resize', { sr, key: target.key, new_size })
                target.content = grown(target.content, new_size)
                return
              }
              case 'set': {
                const k = `${number}.${random(8)}`
                const v = `${random(1000)}`
                await plugin.call('Volume.set', { sr, key, k, v })
                subject.keys = { ...subject.keys, [k]: v }
                await plugin.call('Volume.set', { sr, key: shared.key, k, v })
                sharedKeys[k] = v
                return
              }
              case 'set_name':
                subject.name = `name ${random(1000)}`
                await plugin.call('Volume.set_name', { sr, key, new_name: subject.name })
                return
              case 'write': {
                const value = 1 + random(255)
                const first = random(target.content.length)
                await store(it, await plugin.call('Volume.stat', { sr, key: target.key }), first, 1, value)
                target.content = changed(target.content, first, 1, value)
                return
              }
              case 'ls': {
                const keys = (await plugin.call('SR.ls', { sr })).map((volume) => volume.key)
                expect(keys).toEqual(expect.arrayContaining(volumes.map((volume) => volume.key)))
                return
              }
              case 'attach':
                await plugin.call('SR.attach', { configuration: place })
                return
              case 'stat':
                expect((await plugin.call('Volume.stat', { sr, key })).keys).toEqual(subject.keys)
            }
          }

          async function destroy({ key }: Modelled): Promise<void> {
            await plugin.call('Volume.destroy', { sr, key })
            volumes.splice(
              volumes.findIndex((volume) => volume.key === key),
              1,
            )
          }
        }

        const outcomes = await Promise.allSettled(Array.from({ length: WORKERS }, (_, number) => worker(number)))
        const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
        if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'))
        const expected = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))

        await storage.settle?.(place)
        await plugin.call('SR.attach', { configuration: place })
        await storage.settle?.(place)
        const volumes = await plugin.call('SR.ls', { sr })
        const state = (key: string, name: string, size: number, readWrite: boolean, keys: object) =>
          [key, { name, size, readWrite, keys }] as const
        expect(
          new Map(
            volumes.map(({ key, name, virtual_size, read_write, keys }) =>
              state(key, name, Number(virtual_size), read_write, keys),
            ),
          ),
        ).toEqual(
          new Map([
            state(shared.key, 'shared', unit, true, sharedKeys),
            ...expected.map(({ key, name, content, readWrite, keys }) =>
              state(key, name, content.length * 65536, readWrite, keys),
            ),
          ]),
        )
        const contents = new Map(expected.map(({ key, content }) => [key, content]))
        await expectAllStored(
          it,
          volumes.map((volume) => [volume, contents.get(volume.key) ?? zeroes(unit)] as const),
        )
        await storage.check(place, volumes)
        await plugin.call('SR.destroy', { sr })
        expect(await storage.remains(place)).toEqual([])
      },
      Math.max(300_000, count * 1_500),
    )

    test('SR.destroy and the creation of volumes at the same time leave nothing', async () => {
      const { plugin, storage, unit } = it
      const { sr, place } = await it.newSr()
      const request = { sr, name: '', description: '', size: unit, sharable: false }
      const creations = Array.from({ length: 6 }, () => plugin.call('Volume.create', request))
      const destroyed = plugin.call('SR.destroy', { sr })
      await Promise.allSettled(creations)
      await destroyed
      expect(await storage.remains(place)).toEqual([])
    }, 120_000)
  })
}

/** Named as often as they are to be chosen. */
const OPERATION_NAMES = [
  'create',
  'create',
  'snapshot',
  'snapshot',
  'clone',
  'clone',
  'destroy',
  'revert',
  'resize',
  'set',
  'set',
  'set_name',
  'write',
  'write',
  'ls',
  'attach',
  'stat',
] as const

type Operation = (typeof OPERATION_NAMES)[number]
