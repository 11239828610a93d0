import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { dir } from 'tmp-promise'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MethodName, Params, Result } from '../../src/contract/methods.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'

/** Set SMAPIV3_CRASHES for more kills, SMAPIV3_SEED to repeat a run. */
const CRASHES = Number(process.env.SMAPIV3_CRASHES ?? 30)
const SEED = Number(process.env.SMAPIV3_SEED ?? Date.now() % 2 ** 31)

/** Longer than a call takes on a busy machine: some calls are to finish. */
const LONGEST_DELAY = 150

const SIZE = 4 * 2 ** 20

type Volume = Result<'Volume.stat'>

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

/** A linear congruential generator: the same numbers for the same seed. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

async function fill(volume: Volume, text: string): Promise<void> {
  const file = await open(fileURLToPath(volume.uri[0] ?? ''), 'r+')
  await file.write(text.repeat(SIZE / 4 / text.length))
  await file.close()
}

async function content(volume: Volume): Promise<string> {
  return (await readFile(fileURLToPath(volume.uri[0] ?? ''))).subarray(0, SIZE / 4).toString()
}

/** Starts a call and kills its process, and only that, after a delay in milliseconds. */
async function kill<M extends MethodName>(method: M, params: Omit<Params<M>, 'dbg'>, delay: number): Promise<void> {
  const child = plugin.start(method, params)
  const closed = once(child, 'close')
  child.stdout?.resume()
  child.stderr?.resume()
  await Promise.race([closed, sleep(delay)])
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  await closed
}

test(`a call that is killed at any instant loses nothing (SMAPIV3_SEED=${SEED})`, async () => {
  const random = randomNumbers(SEED)
  const create = { sr, name: 'v', description: '', size: SIZE, sharable: false }
  const kept = await plugin.call('Volume.create', create)
  await fill(kept, 'kept')
  const snapshot = await plugin.call('Volume.snapshot', { sr, key: kept.key })
  const victim = await plugin.call('Volume.create', create)
  await fill(victim, 'oldd')

  const calls = [
    async (delay: number) => {
      await kill('Volume.create', create, delay)
      await plugin.call('Volume.create', create)
    },
    async (delay: number) => {
      await kill('Volume.snapshot', { sr, key: kept.key }, delay)
      expect(await content(await plugin.call('Volume.snapshot', { sr, key: kept.key }))).toBe(await content(kept))
    },
    async (delay: number) => {
      await kill('Volume.clone', { sr, key: kept.key }, delay)
      expect(await content(await plugin.call('Volume.clone', { sr, key: kept.key }))).toBe(await content(kept))
    },
    async (delay: number) => {
      await fill(victim, 'oldd')
      await kill('Volume.revert', { sr, key: victim.key, snapshot: snapshot.key }, delay)
      expect(['oldd', 'kept']).toContain((await content(victim)).slice(0, 4))
      await plugin.call('Volume.revert', { sr, key: victim.key, snapshot: snapshot.key })
      expect(await content(victim)).toBe(await content(kept))
    },
    async (delay: number) => {
      const { virtual_size } = await plugin.call('Volume.stat', { sr, key: kept.key })
      const resize = { sr, key: kept.key, new_size: Number(virtual_size) + 4096 }
      await kill('Volume.resize', resize, delay)
      await plugin.call('Volume.resize', resize)
      expect((await plugin.call('Volume.stat', { sr, key: kept.key })).virtual_size).toBe(resize.new_size)
    },
    async (delay: number) => {
      const { key } = await plugin.call('Volume.clone', { sr, key: kept.key })
      await kill('Volume.destroy', { sr, key }, delay)
      await plugin.call('Volume.destroy', { sr, key })
      expect(existsSync(join(directory, `${key}.raw`))).toBe(false)
    },
    async (delay: number) => {
      const set = { sr, key: kept.key, k: `${delay}`, v: 'set' }
      await kill('Volume.set', set, delay)
      await plugin.call('Volume.set', set)
      expect((await plugin.call('Volume.stat', { sr, key: kept.key })).keys).toMatchObject({ [`${delay}`]: 'set' })
    },
  ]

  for (let crash = 0; crash < CRASHES; crash++) {
    await calls[crash % calls.length]?.(random(LONGEST_DELAY))
    const keys = (await plugin.call('SR.ls', { sr })).map(({ key }) => key)
    expect(keys).toEqual(expect.arrayContaining([kept.key, snapshot.key, victim.key]))
    expect(await content(kept)).toBe('kept'.repeat(SIZE / 16))
    expect(await content(snapshot)).toBe('kept'.repeat(SIZE / 16))
  }

  await plugin.call('SR.attach', { configuration: { uri: sr } })
  const volumes = new Set((await plugin.call('SR.ls', { sr })).map(({ key }) => key))
  const left = readdirSync(directory).filter((name) => !name.startsWith('sr.'))
  expect(left.filter((name) => !volumes.has(name.slice(0, 36)) || name.endsWith('.tmp'))).toEqual([])

  await kill('SR.destroy', { sr }, 50 + random(LONGEST_DELAY))
  if ((await plugin.call('Plugin.ls', {})).includes(sr)) await plugin.call('SR.destroy', { sr })
  expect(existsSync(directory)).toBe(false)
}, 300_000)
