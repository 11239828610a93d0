import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Result } from '../../src/contract/methods.ts'
import { expectEventually } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'

// Slow machines are not at fault: what hangs has a bound of its own.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const MIB = 2 ** 20
const withoutLoops = lacks('losetup', 'loop devices')

let plugin: TestPlugin
let directory: string
let cleanup: () => Promise<void>
let image: string
let uri: string

beforeAll(async () => {
  plugin = await installPlugin('datapath.d/file')
})
afterAll(() => plugin.remove())
beforeEach(async () => {
  const temporary = await dir({ unsafeCleanup: true })
  cleanup = temporary.cleanup
  directory = temporary.path
  image = join(directory, 'an image.raw')
  writeFileSync(image, Buffer.alloc(MIB, 'a'))
  uri = `file://${encodeURI(image)}`
})
afterEach(async () => {
  for (const domain of ['1', '2', '__proto__']) await plugin.call('Datapath.detach', { uri, domain })
  await cleanup()
})

function attach(domain = '1', query = '') {
  return plugin.call('Datapath.attach', { uri: uri + query, domain })
}

function deviceOf({ implementations }: Result<'Datapath.attach'>): string {
  for (const [kind, value] of implementations) if (kind === 'BlockDevice') return value.path
  throw new Error('no block device was offered')
}

function attribute(device: string, name: string): string {
  return readFileSync(join('/sys/block', device.slice('/dev/'.length), name), 'utf8').trim()
}

function loopsOf(path: string): string[] {
  const report = execFileSync('losetup', ['--list', '--noheadings', '--output', 'NAME', '--associated', path], {
    encoding: 'utf8',
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  })
  return report.split('\n').filter((line) => line !== '')
}

function write(path: string, text: string): void {
  const descriptor = openSync(path, 'r+')
  writeSync(descriptor, text, 0)
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function start(path: string, length: number): string {
  const descriptor = openSync(path, 'r')
  const buffer = Buffer.alloc(length)
  readSync(descriptor, buffer, 0, length, 0)
  closeSync(descriptor)
  return buffer.toString()
}

describe('every user', () => {
  test('is offered the file', async () => {
    const { implementations } = await attach()
    expect(implementations).toContainEqual(['File', { path: image }])
  })

  test.each([
    ['file:///no/such/image', 'does not exist'],
    ['file:///proc', 'neither a regular file nor a block device'],
    ['file:relative', 'absolute'],
    ['file://server/image', 'server'],
    ['file:///a%00b', 'NUL'],
    ['file:///a%zz', 'hexadecimal'],
    ['file:///a?cash=none', 'credentials, detect-zeroes, discard, engine'],
    ['file:///a?cache=fast', 'none or writeback'],
    ['file:///a#b', '%23'],
  ])('is told what is wrong with %s', async (bad, reason) => {
    expect((await plugin.fail('Datapath.attach', { uri: bad, domain: '1' })).params[1]).toContain(reason)
  })

  test('may repeat every call, in the order of the life cycle', async () => {
    for (const repeat of [1, 2]) {
      await plugin.call('Datapath.deactivate', { uri, domain: '1' })
      await plugin.call('Datapath.detach', { uri, domain: '1' })
      const answer = await attach()
      expect(await attach()).toEqual(answer)
      await plugin.call('Datapath.activate', { uri, domain: '1' })
      await plugin.call('Datapath.activate', { uri, domain: '1' })
      await plugin.call('Datapath.activate_readonly', { uri, domain: '1' })
      expect(await attach()).toEqual(answer)
      expect(await plugin.call('Plugin.diagnostics', {})).toContain(`${image}: domain 1 activated`)
      if (repeat === 1) await plugin.call('Datapath.deactivate', { uri, domain: '1' })
      await plugin.call('Datapath.deactivate', { uri, domain: '1' })
      await plugin.call('Datapath.detach', { uri, domain: '1' })
    }
  })

  test('cannot activate what is not attached, nor make a read-only activation writable', async () => {
    expect((await plugin.fail('Datapath.activate', { uri, domain: '1' })).params[0]).toBe('LifeCycleError')
    await attach()
    await plugin.call('Datapath.activate_readonly', { uri, domain: '1' })
    await plugin.call('Datapath.activate_readonly', { uri, domain: '1' })
    expect((await plugin.fail('Datapath.activate', { uri, domain: '1' })).params[0]).toBe('LifeCycleError')
    await plugin.call('Datapath.deactivate', { uri, domain: '1' })
    await plugin.call('Datapath.activate', { uri, domain: '1' })
  })

  test('may detach what is active, and what no longer exists', async () => {
    await attach()
    await plugin.call('Datapath.activate', { uri, domain: '1' })
    rmSync(image)
    await plugin.call('Datapath.detach', { uri, domain: '1' })
    expect(await plugin.call('Plugin.diagnostics', {})).toContain('nothing is attached')
  })
})

describe.skipIf(withoutLoops)('root', () => {
  test('is offered a block device that reads and writes the file, the best implementation first', async () => {
    const answer = await attach()
    const device = deviceOf(answer)
    expect(answer.implementations).toEqual([
      ['XenDisk', { params: device, extra: {}, backend_type: 'vbd' }],
      ['BlockDevice', { path: device }],
      ['File', { path: image }],
    ])
    await plugin.call('Datapath.activate', { uri, domain: '1' })
    expect(start(device, 4)).toBe('aaaa')
    write(device, 'written')
    await plugin.call('Datapath.deactivate', { uri, domain: '1' })
    await plugin.call('Datapath.detach', { uri, domain: '1' })
    expect(start(image, 8)).toBe('writtena')
    expectEventually(() => loopsOf(image), 'loop devices')
  })

  test('deactivate brings buffered writes to the file', async () => {
    const device = deviceOf(await attach('1', '?cache=writeback'))
    await plugin.call('Datapath.activate', { uri: `${uri}?cache=writeback`, domain: '1' })
    const descriptor = openSync(device, 'r+')
    writeSync(descriptor, 'buffered', 0)
    await plugin.call('Datapath.deactivate', { uri: `${uri}?cache=writeback`, domain: '1' })
    expect(start(image, 8)).toBe('buffered')
    closeSync(descriptor)
    await plugin.call('Datapath.detach', { uri: `${uri}?cache=writeback`, domain: '1' })
    expectEventually(() => loopsOf(image), 'loop devices')
  })

  test('domains share the device, and the last one frees it', async () => {
    const device = deviceOf(await attach('1'))
    expect(deviceOf(await attach('__proto__'))).toBe(device)
    await plugin.call('Datapath.activate', { uri, domain: '1' })
    await plugin.call('Datapath.detach', { uri, domain: '1' })
    expect(loopsOf(image)).toEqual([device])
    await plugin.call('Datapath.detach', { uri, domain: '__proto__' })
    expectEventually(() => loopsOf(image), 'loop devices')
  })

  test('many domains at once get one device', async () => {
    const domains = Array.from({ length: 6 }, (_, number) => `parallel-${number}`)
    const devices = await Promise.all(domains.map(async (domain) => deviceOf(await attach(domain))))
    expect(new Set(devices).size).toBe(1)
    await Promise.all(domains.map((domain) => plugin.call('Datapath.detach', { uri, domain })))
    expectEventually(() => loopsOf(image), 'loop devices')
  })

  test('the device is found again when the state is lost', async () => {
    const device = deviceOf(await attach())
    rmSync(plugin.runDirectory, { recursive: true })
    expect(deviceOf(await attach())).toBe(device)
    rmSync(plugin.runDirectory, { recursive: true })
    await plugin.call('Datapath.activate', { uri, domain: '1' })
    rmSync(plugin.runDirectory, { recursive: true })
    await plugin.call('Datapath.detach', { uri, domain: '1' })
    expectEventually(() => loopsOf(image), 'loop devices')
  })

  test('a device that somebody else made for the file is left alone', async () => {
    const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
    const theirs = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8', env }).trim()
    try {
      expect(deviceOf(await attach())).not.toBe(theirs)
      await plugin.call('Datapath.detach', { uri, domain: '1' })
      await plugin.call('Datapath.detach', { uri, domain: '1' })
      expectEventually(() => loopsOf(image).filter((device) => device !== theirs), 'loop devices')
      expect(loopsOf(image)).toEqual([theirs])
    } finally {
      execFileSync('losetup', ['--detach', theirs], { env })
    }
  })

  test.each([
    ['', { 'loop/dio': '1', ro: '0' }],
    ['?cache=none', { 'loop/dio': '1', ro: '0' }],
    ['?cache=writeback', { 'loop/dio': '0', ro: '0' }],
    ['?read-only=true', { ro: '1' }],
    ['?discard=ignore', {}],
  ])('option %j is what the device does', async (query, attributes) => {
    const answer = await attach('1', query)
    const device = deviceOf(answer)
    for (const [name, value] of Object.entries(attributes))
      expect([name, attribute(device, name)]).toEqual([name, value])
    const extra = query === '?discard=ignore' ? { 'discard-enable': '0' } : {}
    expect(answer.implementations[0]).toEqual(['XenDisk', { params: device, extra, backend_type: 'vbd' }])
    await plugin.call('Datapath.detach', { uri: uri + query, domain: '1' })
    expectEventually(() => loopsOf(image), 'loop devices')
  })

  test('an image that nobody may write is attached read-only', async () => {
    chmodSync(image, 0o400)
    expect(attribute(deviceOf(await attach()), 'ro')).toBe('1')
  })

  test('the device grows with the file at the next attach or activate', async () => {
    const device = deviceOf(await attach())
    truncateSync(image, 2 * MIB)
    await attach()
    expect(attribute(device, 'size')).toBe(String((2 * MIB) / 512))
    truncateSync(image, 3 * MIB)
    await plugin.call('Datapath.activate', { uri, domain: '1' })
    expect(attribute(device, 'size')).toBe(String((3 * MIB) / 512))
  })

  test('a file that was replaced is not mistaken for the one attached', async () => {
    await attach()
    writeFileSync(`${image}.new`, Buffer.alloc(MIB, 'b'))
    renameSync(`${image}.new`, image)
    expect((await plugin.fail('Datapath.activate', { uri, domain: '1' })).params[1]).toContain('attach it again')
    await plugin.call('Datapath.detach', { uri, domain: '1' })
    expect(start(deviceOf(await attach()), 4)).toBe('bbbb')
    await plugin.call('Datapath.detach', { uri, domain: '1' })
    expect(await plugin.call('Plugin.diagnostics', {})).toContain('nothing is attached')
  })

  test('a block device is offered as it is, or read-only through a loop device', async () => {
    const device = deviceOf(await attach())
    const over = `file://${device}`
    expect(await plugin.call('Datapath.attach', { uri: over, domain: '1' })).toEqual({
      implementations: [
        ['XenDisk', { params: device, extra: {}, backend_type: 'vbd' }],
        ['BlockDevice', { path: device }],
      ],
    })
    const readOnly = await plugin.call('Datapath.attach', { uri: `${over}?read-only=true`, domain: '1' })
    expect(deviceOf(readOnly)).not.toBe(device)
    expect(attribute(deviceOf(readOnly), 'ro')).toBe('1')
    await plugin.call('Datapath.detach', { uri: `${over}?read-only=true`, domain: '1' })
    await plugin.call('Datapath.detach', { uri: over, domain: '1' })
    expectEventually(() => loopsOf(device), 'loop devices')
  })
})
