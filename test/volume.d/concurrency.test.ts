import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'

const WORKERS = 4
const ROUNDS = 4

let plugin: TestPlugin
let directory: string
let cleanup: () => Promise<void>
let sr: string

beforeAll(async () => {
  plugin = await installPlugin('volume.d/org.xen.xapi.storage.file')
  const temporary = await dir({ unsafeCleanup: true })
  cleanup = temporary.cleanup
  directory = join(temporary.path, 'sr')
  const uuid = '11111111-1111-4111-8111-111111111111'
  const configuration = { uri: `file://${directory}` }
  sr = await plugin.call('SR.attach', {
    configuration: await plugin.call('SR.create', { uuid, configuration, name: '', description: '' }),
  })
})
afterAll(async () => {
  await cleanup()
  await plugin.remove()
})

test('calls of several processes at once leave what the same calls in a row would', async () => {
  const make = () =>
    plugin.call('Volume.create', { sr, name: 'shared', description: '', size: 2 ** 20, sharable: false })
  const shared = await make()
  const left = new Set([shared.key])
  const expected: Record<string, string> = {}

  async function worker(number: number): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const k = `${number}.${round}`
      expected[k] = k
      await plugin.call('Volume.set', { sr, key: shared.key, k, v: k })
      const snapshot = await plugin.call('Volume.snapshot', { sr, key: shared.key })
      left.add(snapshot.key)
      const own = await make()
      await plugin.call('SR.attach', { configuration: { uri: sr } })
      if (round % 2 === 0) await plugin.call('Volume.destroy', { sr, key: own.key })
      else left.add(own.key)
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, (_, number) => worker(number)))

  const volumes = await plugin.call('SR.ls', { sr })
  expect(new Set(volumes.map(({ key }) => key))).toEqual(left)
  expect((await plugin.call('Volume.stat', { sr, key: shared.key })).keys).toEqual(expected)

  await Promise.all(volumes.map(({ key }) => plugin.call('Volume.destroy', { sr, key })))
  expect(readdirSync(directory).sort()).toEqual(['sr.json', 'sr.lock'])
}, 120_000)

test('SR.destroy and the creation of volumes at the same time leave nothing', async () => {
  const uuid = '22222222-2222-4222-8222-222222222222'
  const configuration = { uri: `file://${directory}-2` }
  const other = await plugin.call('SR.attach', {
    configuration: await plugin.call('SR.create', { uuid, configuration, name: '', description: '' }),
  })
  const volume = { sr: other, name: '', description: '', size: 1, sharable: false }
  const creations = Array.from({ length: 6 }, () => plugin.call('Volume.create', volume))
  const destroyed = plugin.call('SR.destroy', { sr: other })
  await Promise.allSettled(creations)
  await destroyed
  expect(() => readdirSync(`${directory}-2`)).toThrow('ENOENT')
}, 60_000)
