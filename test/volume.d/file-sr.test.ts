import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'

const UUID = '11111111-1111-4111-8111-111111111111'

let plugin: TestPlugin
let parent: string
let cleanup: () => Promise<void>

beforeAll(async () => {
  plugin = await installPlugin('volume.d/org.xen.xapi.storage.file')
})
afterAll(() => plugin.remove())
beforeEach(async () => {
  const temporary = await dir({ unsafeCleanup: true })
  cleanup = temporary.cleanup
  parent = temporary.path
})
afterEach(() => cleanup())

function create(uri: string, uuid = UUID) {
  return plugin.call('SR.create', { uuid, configuration: { uri, other: 'kept' }, name: 'n', description: 'd' })
}

function createError(uri: string) {
  return plugin.fail('SR.create', { uuid: UUID, configuration: { uri }, name: 'n', description: 'd' })
}

function probe(configuration: Record<string, string>) {
  return plugin.call('SR.probe', { configuration })
}

describe('SR.create', () => {
  test('makes the directory, and answers what SR.attach needs', async () => {
    const uri = `file://${parent}/sr`
    const configuration = await create(`file:${parent}/x/../sr/`)
    expect(configuration).toEqual({ uri, sr_uuid: UUID, other: 'kept' })
    const sr = await plugin.call('SR.attach', { configuration })
    const stat = await plugin.call('SR.stat', { sr })
    expect(stat).toMatchObject({
      sr,
      uuid: UUID,
      name: 'n',
      description: 'd',
      clustered: false,
      health: ['Healthy', ''],
    })
    expect(stat.total_space).toBeGreaterThan(Number(stat.free_space))
    await plugin.call('SR.set_name', { sr, new_name: 'new name' })
    await plugin.call('SR.set_description', { sr, new_description: 'new description' })
    expect(await plugin.call('SR.stat', { sr })).toMatchObject({ name: 'new name', description: 'new description' })
    await plugin.call('SR.destroy', { sr })
    expect(existsSync(join(parent, 'sr'))).toBe(false)
    expect(await plugin.call('Plugin.ls', {})).not.toContain(sr)
  })

  test('refuses a directory that is in use, says what it saw, and leaves it as it was', async () => {
    writeFileSync(join(parent, 'thesis.odt'), 'precious')
    expect((await createError(`file://${parent}`)).params[1]).toContain('thesis.odt')
    expect(readdirSync(parent)).toEqual(['thesis.odt'])
    await create(`file://${parent}/sr`)
    expect((await createError(`file://${parent}/sr`)).params[1]).toContain(UUID)
  })

  test('takes the root of a fresh file system', async () => {
    mkdirSync(join(parent, 'lost+found'))
    await create(`file://${parent}`)
  })

  test.each([
    ['file:///no/such/parent/sr', 'ENOENT'],
    ['http://server/sr', 'file:'],
    ['file://server/sr', 'server'],
    ['file:sr', 'absolute'],
    ['file:///', 'root directory'],
    ['file:///%zz', '%'],
    ['file:///a%00b', 'NUL'],
    ['file:///a?cache=none', 'options'],
    ['file:///etc/hostname', 'hostname'],
  ])('refuses %s', async (uri, reason) => {
    expect((await createError(uri)).params[1]).toContain(reason)
  })
})

describe('SR.probe', () => {
  test('narrows a directory down to the SRs in it', async () => {
    const uri = `file://${parent}/sr`
    await create(uri)
    const found = {
      configuration: { uri, sr_uuid: UUID },
      complete: true,
      sr: { sr: uri, uuid: UUID, name: 'n', health: ['Healthy', ''] },
    }
    expect(await probe({ uri: `file://${parent}` })).toMatchObject([found])
    expect(await probe({ uri })).toMatchObject([found])
    expect(await probe({ uri, sr_uuid: UUID })).toMatchObject([found])
    expect(await probe({ uri, sr_uuid: '99999999-9999-4999-8999-999999999999' })).toEqual([])
  })

  test('tells where SR.create can make one', async () => {
    const complete = async (uri: string) => (await probe({ uri })).map((result) => [result.complete, result.sr])
    expect(await complete(`file://${parent}/new`)).toEqual([[true, undefined]])
    expect(await complete(`file://${parent}`)).toEqual([[true, undefined]])
    expect(await complete(`file://${parent}/no/parent`)).toEqual([])
    writeFileSync(join(parent, 'thesis.odt'), 'precious')
    expect(await complete(`file://${parent}`)).toEqual([[false, undefined]])
    expect(await probe({})).toMatchObject([{ configuration: {}, complete: false }])
  })
})

describe('SR.attach', () => {
  test('checks that the SR is the one expected', async () => {
    const uri = `file://${parent}/sr`
    await create(uri)
    const other = '99999999-9999-4999-8999-999999999999'
    const error = await plugin.fail('SR.attach', { configuration: { uri, sr_uuid: other } })
    expect(error.params[1]).toContain(UUID)
    expect((await plugin.fail('SR.attach', { configuration: { uri: `file://${parent}/none` } })).params).toEqual([
      'SR_does_not_exist',
      `file://${parent}/none`,
    ])
    expect(existsSync(join(parent, 'none'))).toBe(false)
  })

  test('a directory that vanishes is Unreachable until it is back', async () => {
    const sr = await plugin.call('SR.attach', { configuration: await create(`file://${parent}/sr`) })
    await rename(join(parent, 'sr'), join(parent, 'away'))
    const stat = await plugin.call('SR.stat', { sr })
    expect(stat.health[0]).toBe('Unreachable')
    expect(stat.health[1]).toContain(join(parent, 'sr'))
    expect((await plugin.fail('SR.ls', { sr })).params[0]).toBe('SrUnreachableError')
    expect((await plugin.fail('SR.destroy', { sr })).params[0]).toBe('SrUnreachableError')
    await rename(join(parent, 'away'), join(parent, 'sr'))
    expect((await plugin.call('SR.stat', { sr })).health[0]).toBe('Healthy')
    await rename(join(parent, 'sr'), join(parent, 'away'))
    await plugin.call('SR.detach', { sr })
  })
})

describe('SR.destroy', () => {
  test('removes what is its own and nothing else', async () => {
    mkdirSync(join(parent, 'sr'))
    const sr = await plugin.call('SR.attach', { configuration: await create(`file://${parent}/sr`) })
    await plugin.call('Volume.create', { sr, name: 'v', description: '', size: 1, sharable: false })
    writeFileSync(join(parent, 'sr', 'notes.raw'), 'mine')
    await plugin.call('SR.destroy', { sr })
    expect(readdirSync(join(parent, 'sr'))).toEqual(['notes.raw'])
    expect((await plugin.fail('SR.ls', { sr })).params).toEqual(['Sr_not_attached', sr])
  })
})

test('works from a directory copied with its links followed, under an empty environment', async () => {
  // Every call of these tests has nothing but SMAPIv3_RUN_DIR in its environment; here the links become files.
  const { cp } = await import('node:fs/promises')
  const copy = join(parent, 'plugin')
  await cp(plugin.directory, copy, { recursive: true, dereference: true })
  const { execFileSync } = await import('node:child_process')
  const query = execFileSync(join(copy, 'Plugin.query'), ['--json'], {
    input: '{"dbg":""}\n',
    env: {},
    encoding: 'utf8',
  })
  expect(JSON.parse(query)).toMatchObject({ plugin: 'file', required_api_version: '5.0' })
  expect(JSON.parse(query).features).toEqual(
    expect.arrayContaining(['SR_ATTACH', 'SR_CREATE', 'VDI_CLONE', 'VDI_SNAPSHOT', 'VDI_REVERT', 'VDI_RESIZE']),
  )
})
