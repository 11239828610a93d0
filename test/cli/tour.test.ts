/** The user's story on the bundled plugins: from an SR to the bytes of a volume, and back. */
import { mkdirSync, openSync, readdirSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PACKAGE, Place } from './smapiv3.ts'

let place: Place
let directory: string
const bundled = ['--root', PACKAGE]

beforeEach(async () => {
  place = await Place.make()
  directory = join(place.path, 'sr')
  mkdirSync(directory)
})

afterEach(() => place.remove())

async function answer(...words: string[]): Promise<Record<string, unknown>> {
  const { status, value, stderr } = await place.json(...bundled, ...words)
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return value as Record<string, unknown>
}

test('an SR, a volume, its bytes, a snapshot, and back', async () => {
  const uuid = '6a0d1d8c-9f86-4b3f-8a62-6b9d7f6d2a11'
  const uri = pathToFileURL(directory).href
  const created = await answer('sr', 'create', 'file', `uri=${uri}`, 'format=raw', '--name', 'images', '--uuid', uuid)
  expect(created).toEqual({ uuid, configuration: expect.objectContaining({ uri }) })
  const settings = Object.entries(created.configuration as object).map(([key, value]) => `${key}=${value}`)
  const attached = await answer('sr', 'attach', 'file', '--uuid', uuid, ...settings)
  expect(attached).toEqual({ uuid, sr: expect.any(String) })
  expect(await answer('sr', 'ls')).toEqual([{ uuid, plugin: 'org.xen.xapi.storage.file', sr: attached.sr }])
  expect(await answer('sr', 'stat', 'images')).toMatchObject({ uuid, name: 'images', health: ['Healthy', ''] })

  const name = `it's "big"\n../ ${'😀'.repeat(2560)}`
  const volume = await answer('volume', 'create', 'images', name, '64MiB', '--description', 'mine')
  expect(volume).toMatchObject({ name, description: 'mine', virtual_size: 64 * 2 ** 20, read_write: true })
  const key = String(volume.key)
  expect(await answer('sr', 'ls', uuid)).toEqual([volume])
  expect(await answer('volume', 'ls', 'images')).toEqual([volume])

  const backend = await answer('disk', 'attach', 'images', key)
  expect(Object.keys(backend)).toEqual(['implementations'])
  const implementations = backend.implementations as [string, { path?: string }][]
  const path = implementations.find(([kind]) => kind === 'BlockDevice' || kind === 'File')?.[1].path ?? ''
  const file = openSync(path, 'r+')
  const read = Buffer.alloc(8)
  writeSync(file, 'smapiv3!', 4096)
  readSync(file, read, 0, 8, 4096)
  expect(read.toString()).toBe('smapiv3!')
  expect(await answer('disk', 'attach', 'images', key)).toEqual(backend)
  expect(await answer('disk', 'ls', 'images')).toMatchObject([{ key, datapath: 'file', persistence: 'persistent' }])
  expect((await place.json(...bundled, 'sr', 'detach', 'images')).value).toMatchObject({ error: { code: 'SR_IN_USE' } })
  expect(await answer('disk', 'detach', 'images', key)).toBeNull()

  const snapshot = await answer('volume', 'snapshot', 'images', key)
  expect(snapshot).toMatchObject({ read_write: false, name })
  expect(await answer('volume', 'resize', 'images', key, '128MiB')).toBeNull()
  expect(await answer('volume', 'set', 'images', key, 'colour', '--', '--blue')).toBeNull()
  expect(await answer('volume', 'set-name', 'images', key, 'help')).toBeNull()
  expect(await answer('volume', 'stat', 'images', key)).toMatchObject({
    virtual_size: 128 * 2 ** 20,
    name: 'help',
    keys: { colour: '--blue' },
  })
  expect(await answer('volume', 'revert', 'images', key, String(snapshot.key))).toBeNull()
  expect(await answer('volume', 'destroy', 'images', key)).toBeNull()
  expect(await answer('sr', 'destroy', 'images')).toBeNull()
  expect(await answer('sr', 'ls')).toEqual([])
  expect(readdirSync(join(place.path, 'state', 'srs'))).toEqual([])
}, 300_000)

test('people read tables without colours and control characters', async () => {
  const uri = pathToFileURL(directory).href
  const created = await place.run([
    ...bundled,
    'sr',
    'create',
    'file',
    `uri=${uri}`,
    'format=raw',
    '--name',
    'images',
    '--attach',
  ])
  expect(created).toMatchObject({ status: 0, stdout: expect.stringContaining('is created and attached') })
  await place.run([...bundled, 'volume', 'create', 'images', 'a\u001b[31m\nb', '1.5GiB'])
  const { stdout } = await place.run([...bundled, 'volume', 'ls', 'images'])
  expect(stdout).toMatch(
    /^KEY +NAME +SIZE +USED +ACCESS +DESCRIPTION\n\S+ {2}a\\u001b\[31m\\nb {2}1\.5 GiB {2}0 B {3}rw/,
  )
  expect(await place.run([...bundled, 'sr', 'destroy', 'images'])).toMatchObject({ status: 0 })
})

test('the demo tells the story and leaves nothing behind', async () => {
  const { status, stdout, stderr } = await place.run([...bundled, 'demo'], { environment: { TMPDIR: place.path } })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout).toMatch(/plugin file is chosen[\s\S]*File +\/[\s\S]*came back unchanged[\s\S]*nothing is left behind/)
  expect(readdirSync(place.path).sort()).toEqual(['root', 'sr'])
})

test('several processes share one state directory', async () => {
  const uris = Array.from({ length: 4 }, (_, index) => join(directory, `sr${index}`))
  for (const path of uris) mkdirSync(path)
  const made = await Promise.all(
    uris.map((path, index) =>
      place.json(
        ...bundled,
        'sr',
        'create',
        'file',
        `uri=${pathToFileURL(path).href}`,
        '--name',
        `n${index}`,
        '--attach',
      ),
    ),
  )
  expect(made.map(({ status }) => status)).toEqual([0, 0, 0, 0])
  expect(await answer('sr', 'ls')).toHaveLength(4)
  const ended = await Promise.all(uris.map((_, index) => place.json(...bundled, 'sr', 'destroy', `n${index}`)))
  expect(ended.map(({ status }) => status)).toEqual([0, 0, 0, 0])
}, 300_000)
