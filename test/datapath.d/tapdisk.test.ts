import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createImageArguments } from '../../src/engine/image-format.ts'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'
import { type TapCtl, tapCtl } from '../support/tap-ctl.ts'
import { MIB } from './networked.ts'

const DEVICE = '/dev/xen/blktap-2/tapdev0'
const ATTACHED = ['spawn', 'allocate', 'attach -m 0']
const DETACHED = ['detach -m 0', 'free -m 0']

describe.skipIf(lacks('qemu-img', 'python3'))('where blktap is installed', () => {
  let plugin: TestPlugin
  let host: TapCtl
  let cleanup: () => Promise<void>
  let directory: string
  let path: string
  let uri: string

  beforeAll(async () => {
    const temporary = await dir({ unsafeCleanup: true, prefix: 'smapiv3-tap-' })
    cleanup = temporary.cleanup
    host = tapCtl(join(temporary.path, 'bin'))
    directory = join(temporary.path, 'images')
    plugin = await installPlugin('datapath.d/file', undefined, { PATH: `${host.directory}:${process.env.PATH}` })
  })
  afterAll(async () => {
    await plugin.remove()
    await cleanup()
  })
  beforeEach(() => {
    mkdirSync(directory)
    path = join(directory, 'disk.vhd')
    execFileSync('qemu-img', [...createImageArguments(path, 'vhd', 16 * MIB)])
    uri = `file://${path}`
    host.commands()
  })
  afterEach(async () => {
    for (const domain of ['1', '2']) await plugin.call('Datapath.detach', { uri, domain })
    rmSync(directory, { recursive: true })
    expect(host.left()).toEqual({ processes: 0, devices: 0 })
  })

  const call = (
    method: 'attach' | 'activate' | 'activate_readonly' | 'deactivate' | 'detach',
    domain = '1',
  ): Promise<unknown> => plugin.call(`Datapath.${method}`, { uri, domain })

  test('tapdisk serves a VHD, attached, open while it is activated, with the backend vbd3', async () => {
    const answer = {
      implementations: [
        ['XenDisk', { params: DEVICE, extra: {}, backend_type: 'vbd3' }],
        ['BlockDevice', { path: DEVICE }],
      ],
    }
    expect(await call('attach')).toEqual(answer)
    expect(await call('attach')).toEqual(answer)
    expect(host.commands()).toEqual(ATTACHED)
    await call('activate')
    await call('activate')
    expect(host.commands()).toEqual([`open -m 0 -a vhd:${path}`])
    await call('deactivate')
    await call('deactivate')
    expect(host.commands()).toEqual(['close -m 0'])
    await call('detach')
    await call('detach')
    expect(host.commands()).toEqual(DETACHED)
  })

  test('two domains share it, for reading until one of them writes', async () => {
    for (const domain of ['1', '2']) await call('attach', domain)
    host.commands()
    await call('activate_readonly', '1')
    expect(host.commands()).toEqual([`open -m 0 -a vhd:${path} -R`])
    await call('activate', '2')
    expect(host.commands()).toEqual(['close -m 0', `open -m 0 -a vhd:${path}`])
    await call('detach', '2')
    expect(host.commands()).toEqual([])
    expect((await plugin.fail('Datapath.activate', { uri, domain: '1' })).params[0]).toBe('LifeCycleError')
    await call('detach', '1')
    expect(host.commands()).toEqual(['close -m 0', ...DETACHED])
  })

  test('one that has died is replaced by attach, and no obstacle to detach', async () => {
    await call('attach')
    await call('activate')
    host.kill()
    expect((await plugin.fail('Datapath.activate', { uri, domain: '1' })).params[1]).toContain('has died')
    host.commands()
    await call('attach')
    expect(host.commands()).toEqual(['free -m 0', ...ATTACHED, `open -m 0 -a vhd:${path}`])
    host.kill()
    await call('deactivate')
    await call('detach')
    expect(host.left()).toEqual({ processes: 0, devices: 0 })
  })

  test('it is found again when the state was lost', async () => {
    await call('attach')
    await call('activate')
    rmSync(plugin.runDirectory, { recursive: true })
    await call('deactivate')
    expect(host.commands()).toContain('close -m 0')
    expect(host.left()).toEqual({ processes: 1, devices: 1 })
  })

  test('the daemon serves a VHD whose options ask for more, and other formats', async () => {
    await plugin.call('Datapath.open', { uri, persistent: false })
    for (const other of [`${uri}?engine=qsd`, `${uri}?iops-total=100`, `${uri}?cache=unsafe`, uri]) {
      await plugin.call('Datapath.attach', { uri: other, domain: '1' })
      await plugin.call('Datapath.detach', { uri: other, domain: '1' })
    }
    await plugin.call('Datapath.close', { uri })
    expect(host.commands()).toEqual([])
    const raw = await plugin.fail('Datapath.attach', { uri: `${uri}?format=raw&engine=tapdisk`, domain: '1' })
    expect(raw.params.join(' ')).toMatch(/DiskError.*VHD images only/)
  })

  test('what only the daemon can do says so', async () => {
    await call('attach')
    await call('activate')
    const failures = [
      await plugin.fail('Data.mirror', { uri, domain: '1', remote: 'nbd:unix:/x:exportname=y' }),
      await plugin.fail('Datapath.import_activate', { uri, domain: '1' }),
    ]
    for (const { params } of failures) expect(params[1]).toMatch(/tapdisk.*engine=qsd/)
    expect((await plugin.fail('Datapath.open', { uri, persistent: false })).params[0]).toBe('LifeCycleError')
  })
})

test('where it is not, who asks for it is told what to install', async () => {
  const plugin = await installPlugin('datapath.d/file')
  try {
    const error = await plugin.fail('Datapath.attach', { uri: 'file:///x.vhd?backend=vbd3', domain: '1' })
    expect(error.params.join(' ')).toMatch(/tap-ctl.*blktap/)
  } finally {
    await plugin.remove()
  }
})
