import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { srStat } from '../support/scripted-plugin.ts'
import { SR, setUp, setUpAttached } from './support.ts'

const CONFIGURATION = { uri: 'demo:///x' }

describe('an SR', () => {
  test('is created with the uuid asked for, and the answer is its configuration', async () => {
    const { host, volume } = setUp()
    const created = await host.srs.create({ plugin: 'demo', uuid: SR, configuration: CONFIGURATION, name: 'one' })
    expect(created).toEqual({ uuid: SR, configuration: { uri: 'demo:///x', vg: 'vg0' } })
    expect(volume.calls()).toEqual([
      {
        method: 'SR.create',
        params: { dbg: 'smapiv3', uuid: SR, configuration: CONFIGURATION, name: 'one', description: '' },
      },
    ])
    expect(host.srs.attached()).toEqual([])
  })

  test('gets a new uuid where none is given', async () => {
    const { host } = setUp()
    const { uuid } = await host.srs.create({ plugin: 'demo', configuration: CONFIGURATION, name: 'one' })
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
  })

  test('once attached is known to every later process, by uuid, by name and by handle', async () => {
    const { restart } = await setUpAttached()
    const later = restart()
    expect(later.srs.attached()).toMatchObject([{ uuid: SR, sr: 'demo://vg0', plugin: 'org.xen.xapi.storage.demo' }])
    expect(later.srs.resolve('demo SR').uuid).toBe(SR)
    expect(later.srs.resolve('demo://vg0').uuid).toBe(SR)
    expect(await later.srs.call('SR.stat', SR, {})).toMatchObject({ sr: 'demo://vg0' })
  })

  test('is forgotten when detached, and when destroyed', async () => {
    const { host, volume } = await setUpAttached()
    await host.srs.detach(SR)
    expect(volume.takeMethods()).toEqual(['SR.detach'])
    expect(host.srs.attached()).toEqual([])
    await host.srs.attach({ plugin: 'demo', uuid: SR, configuration: CONFIGURATION })
    await host.srs.destroy('demo SR')
    expect(volume.takeMethods()).toEqual(['SR.attach', 'SR.stat', 'SR.destroy'])
    expect(host.srs.attached()).toEqual([])
  })

  test('stays known where the plugin could not detach it', async () => {
    const { host, volume } = await setUpAttached()
    volume.fail('SR.detach', ['Busy', 'x'])
    await expect(host.srs.detach(SR)).rejects.toMatchObject({ kind: 'PLUGIN_ERROR', params: ['Busy', 'x'] })
    expect(host.srs.attached()).toHaveLength(1)
  })

  test('is detached again where SR.stat fails after a first SR.attach', async () => {
    const { host, volume } = setUp()
    volume.fail('SR.stat', ['Broken', 'x'])
    await expect(host.srs.attach({ plugin: 'demo', uuid: SR, configuration: CONFIGURATION })).rejects.toMatchObject({
      params: ['Broken', 'x'],
    })
    expect(volume.takeMethods()).toEqual(['SR.attach', 'SR.stat', 'SR.detach'])
    expect(host.srs.attached()).toEqual([])
  })

  test('that was attached before is left attached where a repeated attach fails', async () => {
    const { host, volume } = await setUpAttached()
    volume.fail('SR.stat', ['Broken', 'x'])
    await expect(host.srs.attach({ plugin: 'demo', uuid: SR, configuration: CONFIGURATION })).rejects.toThrow()
    expect(volume.takeMethods()).toEqual(['SR.attach', 'SR.stat'])
    expect(host.srs.attached()).toHaveLength(1)
  })

  test('of another uuid than asked for is warned of', async () => {
    const { host, volume, warnings } = setUp()
    volume.answer('SR.stat', srStat('demo://vg0', { uuid: 'ffffffff-0000-0000-0000-000000000000' }))
    await host.srs.attach({ plugin: 'demo', uuid: SR, configuration: CONFIGURATION })
    expect(warnings).toEqual([expect.stringContaining('ffffffff-0000-0000-0000-000000000000')])
  })

  test('is not detached or destroyed under an attached disk, unless the caller insists', async () => {
    const { host, volume } = await setUpAttached()
    await host.disks.connect(SR, 'vol-1', { domain: '7' })
    const error = { kind: 'SR_IN_USE', message: expect.stringContaining('vol-1 (domain 7)') }
    await expect(host.srs.detach(SR)).rejects.toMatchObject(error)
    await expect(host.srs.destroy(SR)).rejects.toMatchObject(error)
    expect(volume.takeMethods()).not.toContain('SR.detach')
    await host.srs.detach(SR, { evenIfInUse: true })
    await host.srs.attach({ plugin: 'demo', uuid: SR, configuration: CONFIGURATION })
    expect(host.disks.attached(SR)).toEqual([])
  })

  test('that is not attached is an error that lists those that are', async () => {
    const { host } = await setUpAttached()
    const error = { kind: 'NO_SUCH_SR', exitStatus: 4, message: expect.stringContaining(`${SR} (demo SR)`) }
    await expect(host.srs.detach('other')).rejects.toMatchObject(error)
    await expect(host.volumes.call('Volume.stat', 'other', { key: 'vol-1' })).rejects.toMatchObject(error)
    await expect(host.disks.connect('other', 'vol-1')).rejects.toMatchObject(error)
  })

  test('can be named by its new name, and no longer by the old one', async () => {
    const { host, restart } = await setUpAttached()
    await host.srs.setName('demo SR', 'fast')
    expect(restart().srs.resolve('fast').uuid).toBe(SR)
    expect(() => host.srs.resolve('demo SR')).toThrow(expect.objectContaining({ kind: 'NO_SUCH_SR' }))
  })

  test('of a name that two have must be named by uuid', async () => {
    const { host } = await setUpAttached()
    const other = SR.replace('1', '2')
    await host.srs.attach({ plugin: 'demo', uuid: other, configuration: CONFIGURATION })
    expect(() => host.srs.resolve('demo SR')).toThrow(
      expect.objectContaining({ kind: 'NO_SUCH_SR', recovery: expect.stringContaining(other) }),
    )
  })
})

describe('the table of attached SRs', () => {
  test('loses only the record that is damaged, and says so', async () => {
    const { host, stateDirectory, restart, warnings } = await setUpAttached()
    const other = SR.replace('1', '2')
    await host.srs.attach({ plugin: 'demo', uuid: other, configuration: CONFIGURATION })
    const directory = join(stateDirectory, 'srs')
    const [file = ''] = readdirSync(directory).filter((name) => name.startsWith('1'))
    writeFileSync(join(directory, file), readFileSync(join(directory, file)).subarray(0, 20))
    expect(restart().srs.attached()).toMatchObject([{ uuid: other }])
    expect(warnings).toEqual([expect.stringContaining('is set aside')])
  })

  test('holds no configuration, which may hold secrets', async () => {
    const { host, stateDirectory } = setUp()
    await host.srs.attach({ plugin: 'demo', uuid: SR, configuration: { password: 'hunter2' } })
    const directory = join(stateDirectory, 'srs')
    for (const name of readdirSync(directory))
      expect(readFileSync(join(directory, name), 'utf8')).not.toContain('hunter2')
  })

  test('that cannot be written undoes the attach', async () => {
    const { host, stateDirectory, volume } = setUp()
    mkdirSync(stateDirectory)
    writeFileSync(join(stateDirectory, 'srs'), 'in the way')
    await expect(host.srs.attach({ plugin: 'demo', uuid: SR, configuration: CONFIGURATION })).rejects.toMatchObject({
      kind: 'STATE_UNUSABLE',
    })
    expect(volume.takeMethods().filter((method) => method === 'SR.attach')).toEqual([])
  })
})

describe('a plugin of the deprecated API 3.0', () => {
  const setUpOld = () => setUp({ version: '3.0' })

  test('gets `uri` as a parameter of its own, and a null result stands for the configuration', async () => {
    const { host, volume } = setUpOld()
    volume.answer('SR.create', null)
    const created = await host.srs.create({ plugin: 'demo', uuid: SR, configuration: CONFIGURATION, name: 'one' })
    expect(created.configuration).toEqual(CONFIGURATION)
    await host.srs.attach({ plugin: 'demo', uuid: SR, configuration: CONFIGURATION })
    const [create, attach] = volume.calls()
    expect(create?.params).toMatchObject({ uri: 'demo:///x', configuration: CONFIGURATION })
    expect(attach?.params).toEqual({ uri: 'demo:///x', dbg: 'smapiv3', configuration: CONFIGURATION })
  })

  test('is not run without a `uri`', async () => {
    const { host, volume } = setUpOld()
    const attach = host.srs.attach({ plugin: 'demo', uuid: SR, configuration: {} })
    await expect(attach).rejects.toMatchObject({ code: 'MISSING_URI', fault: 'caller' })
    expect(volume.calls()).toEqual([])
  })

  test('may leave `sharable` out of every volume, and keeps it where it says it, after a restart too', async () => {
    const { volume, restart } = await setUpAttached({ version: '3.0' })
    const record = {
      key: 'vol-1',
      name: '',
      description: '',
      read_write: true,
      virtual_size: 1,
      physical_utilisation: 0,
      uri: [],
      keys: {},
    }
    for (const method of ['Volume.stat', 'Volume.snapshot', 'Volume.clone', 'Volume.create', 'Volume.copy'] as const)
      volume.answer(method, record)
    volume.answer('SR.ls', [record, { ...record, sharable: true }])
    const host = restart()
    const create = { name: '', description: '', size: 1, sharable: false }
    expect(await host.volumes.call('Volume.stat', SR, { key: 'vol-1' })).toEqual({ ...record, sharable: false })
    expect(await host.volumes.call('Volume.snapshot', SR, { key: 'vol-1' })).toMatchObject({ sharable: false })
    expect(await host.volumes.call('Volume.clone', SR, { key: 'vol-1' })).toMatchObject({ sharable: false })
    expect(await host.volumes.call('Volume.create', SR, create)).toMatchObject({ sharable: false })
    expect((await host.volumes.list(SR)).map(({ sharable }) => sharable)).toEqual([false, true])
  })
})
