import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { demoDatapathPlugin, volume as record } from '../support/scripted-plugin.ts'
import { SR, setUpAttached } from './support.ts'

const ATTACH = ['Datapath.attach', 'Datapath.activate']
const DETACH = ['Datapath.deactivate', 'Datapath.detach']

describe('a disk', () => {
  test('is attached through the datapath plugin of its URI, and the choice is explained', async () => {
    const { host, volume, datapath } = await setUpAttached()
    const uri = ['rbd://ann:secret@pool/vol-1', 'DEMO:///vol-1']
    volume.answer('Volume.stat', record('vol-1', { uri }))
    expect(await host.disks.connect(SR, 'vol-1', { domain: '7' })).toEqual({
      backend: { implementations: [['File', { path: '/dev/demo' }]] },
      uri: 'DEMO:///vol-1',
      datapath: 'demo',
      passedOver: [{ uri: 'rbd://ann:***@pool/vol-1', reason: 'no datapath plugin serves the scheme rbd' }],
      domain: '7',
      said: '',
      volume: 'vol-1',
    })
    expect(datapath.calls().map(({ method, params }) => [method, params.uri, params.domain])).toEqual([
      ['Datapath.attach', 'DEMO:///vol-1', '7'],
      ['Datapath.activate', 'DEMO:///vol-1', '7'],
    ])
    datapath.takeMethods()
    await host.disks.disconnect(SR, 'vol-1', { domain: '7' })
    expect(datapath.takeMethods()).toEqual(DETACH)
    expect(host.disks.attached(SR)).toEqual([])
  })

  test('of no usable URI is an error that says why for each', async () => {
    const { host, volume, root } = await setUpAttached()
    const other = demoDatapathPlugin(root, 'other')
    chmodSync(join(other.path, 'Plugin.query'), 0o666)
    volume.answer('Volume.stat', record('vol-1', { uri: ['nowhere:///a', 'other:///b', '/no/scheme'] }))
    await expect(host.disks.connect(SR, 'vol-1')).rejects.toMatchObject({
      kind: 'NO_DATAPATH',
      exitStatus: 4,
      message: expect.stringMatching(
        /nowhere:\/\/\/a: no datapath.*other:\/\/\/b: .*writ.*\/no\/scheme: it has no scheme/,
      ),
    })
  })

  test('of the control domain itself has a domain string of its own', async () => {
    const { host, datapath } = await setUpAttached()
    await host.disks.connect(SR, 'vol-1')
    expect(datapath.calls()[0]?.params.domain).toBe('u0_smapiv3')
  })

  test('is activated for reading only where that is asked for, or the volume cannot be written', async () => {
    const { host, volume, datapath } = await setUpAttached()
    await host.disks.connect(SR, 'vol-1', { readOnly: true })
    expect(datapath.takeMethods()).toEqual(['Datapath.attach', 'Datapath.activate_readonly'])
    volume.answer('Volume.stat', record('vol-1', { read_write: false }))
    await host.disks.connect(SR, 'vol-1', { domain: '8' })
    expect(datapath.takeMethods()).toEqual(['Datapath.attach', 'Datapath.activate_readonly'])
  })

  test('that the datapath cannot activate for reading only is warned of', async () => {
    const { host, datapath, warnings } = await setUpAttached()
    rmSync(join(datapath.path, 'Datapath.activate_readonly'))
    await host.disks.connect(SR, 'vol-1', { readOnly: true })
    expect(datapath.takeMethods()).toEqual(ATTACH)
    expect(warnings).toEqual([expect.stringContaining('reading only')])
  })

  test('attached twice answers the same, and failing the second time leaves the first alone', async () => {
    const { host, datapath } = await setUpAttached()
    const first = await host.disks.connect(SR, 'vol-1', { domain: '7' })
    expect(await host.disks.connect(SR, 'vol-1', { domain: '7' })).toEqual(first)
    datapath.takeMethods()
    datapath.fail('Datapath.activate', ['Busy', 'x'])
    await expect(host.disks.connect(SR, 'vol-1', { domain: '7' })).rejects.toThrow('Busy')
    expect(datapath.takeMethods()).toEqual(ATTACH)
    expect(host.disks.attached(SR)).toHaveLength(1)
  })

  test('keeps its datapath until the last domain lets go, whatever the volume says meanwhile', async () => {
    const { host, volume, datapath, root } = await setUpAttached()
    await host.disks.connect(SR, 'vol-1', { domain: '7' })
    const better = demoDatapathPlugin(root, 'better')
    volume.answer('Volume.stat', record('vol-1', { uri: ['better:///vol-1', 'demo:///vol-1'] }))
    await host.disks.connect(SR, 'vol-1', { domain: '8' })
    await host.disks.disconnect(SR, 'vol-1', { domain: '7' })
    await host.disks.disconnect(SR, 'vol-1', { domain: '8' })
    expect(better.calls()).toEqual([])
    expect(datapath.takeMethods()).toEqual([...ATTACH, ...ATTACH, ...DETACH, ...DETACH])
    expect((await host.disks.connect(SR, 'vol-1')).datapath).toBe('better')
  })

  test('can be detached by a later process, and when it is not attached', async () => {
    const { host, restart, datapath } = await setUpAttached()
    await host.disks.connect(SR, 'vol-1', { domain: '7' })
    datapath.takeMethods()
    const later = restart()
    await later.disks.disconnect(SR, 'vol-1', { domain: '7' })
    await later.disks.disconnect(SR, 'vol-1', { domain: '7' })
    expect(datapath.takeMethods()).toEqual([...DETACH, ...DETACH])
  })

  test('is detached though deactivating failed, and stays known as attached', async () => {
    const { host, datapath } = await setUpAttached()
    await host.disks.connect(SR, 'vol-1')
    datapath.takeMethods()
    datapath.fail('Datapath.deactivate', ['Stuck', 'x'])
    await expect(host.disks.disconnect(SR, 'vol-1')).rejects.toMatchObject({ params: ['Stuck', 'x'] })
    expect(datapath.takeMethods()).toEqual(DETACH)
    expect(host.disks.attached(SR)).toHaveLength(1)
  })
})

describe('a failure half way undoes what was done', () => {
  test('when activating fails', async () => {
    const { host, datapath } = await setUpAttached({ features: ['NONPERSISTENT'] })
    datapath.fail('Datapath.activate', ['Busy', 'x'])
    await expect(host.disks.connect(SR, 'vol-1')).rejects.toMatchObject({ kind: 'PLUGIN_ERROR', params: ['Busy', 'x'] })
    expect(datapath.takeMethods()).toEqual(['Datapath.open', ...ATTACH, ...DETACH, 'Datapath.close'])
    expect(host.disks.attached(SR)).toEqual([])
  })

  test('when attaching fails', async () => {
    const { host, datapath } = await setUpAttached()
    datapath.fail('Datapath.attach', ['NoDevice', 'x'])
    await expect(host.disks.connect(SR, 'vol-1')).rejects.toThrow('NoDevice')
    expect(datapath.takeMethods()).toEqual(['Datapath.attach', 'Datapath.detach'])
    expect(host.disks.attached(SR)).toEqual([])
  })

  test('and says so where undoing fails too', async () => {
    const { host, datapath } = await setUpAttached()
    datapath.fail('Datapath.activate', ['Busy', 'x'])
    datapath.fail('Datapath.detach', ['Stuck', 'y'])
    await expect(host.disks.connect(SR, 'vol-1')).rejects.toMatchObject({
      params: ['Busy', 'x'],
      message: expect.stringMatching(/Busy.*undoing.*Stuck/),
    })
  })

  test('also where the caller cancels', async () => {
    const { host, datapath } = await setUpAttached()
    datapath.hold('Datapath.activate')
    const cancel = new AbortController()
    const connect = host.disks.connect(SR, 'vol-1', { signal: cancel.signal })
    await expect.poll(() => datapath.calls().length).toBe(2)
    cancel.abort()
    await expect(connect).rejects.toMatchObject({ kind: 'CANCELLED' })
    expect(datapath.takeMethods()).toEqual([...ATTACH, ...DETACH])
  })
})

describe('a datapath that keeps non-persistent writes apart itself', () => {
  test('is opened before the first attach and closed after the last detach', async () => {
    const { host, volume, datapath } = await setUpAttached({ features: ['NONPERSISTENT'] })
    await host.disks.connect(SR, 'vol-1', { domain: '7', persistent: false })
    await host.disks.connect(SR, 'vol-1', { domain: '8', persistent: false })
    await host.disks.disconnect(SR, 'vol-1', { domain: '7' })
    await host.disks.disconnect(SR, 'vol-1', { domain: '8' })
    expect(datapath.calls()[0]).toMatchObject({ method: 'Datapath.open', params: { persistent: false } })
    expect(datapath.takeMethods()).toEqual([
      'Datapath.open',
      ...ATTACH,
      ...ATTACH,
      ...DETACH,
      ...DETACH,
      'Datapath.close',
    ])
    expect(volume.takeMethods()).not.toContain('Volume.clone')
  })

  test('is opened for a persistent disk too', async () => {
    const { host, datapath } = await setUpAttached({ features: ['NONPERSISTENT'] })
    await host.disks.connect(SR, 'vol-1')
    expect(datapath.calls()[0]).toMatchObject({ method: 'Datapath.open', params: { persistent: true } })
  })

  test('is not asked for both ways at once', async () => {
    const { host } = await setUpAttached({ features: ['NONPERSISTENT'] })
    await host.disks.connect(SR, 'vol-1', { domain: '7' })
    await expect(host.disks.connect(SR, 'vol-1', { domain: '8', persistent: false })).rejects.toMatchObject({
      kind: 'DISK_IN_USE',
      message: expect.stringContaining('domain 7'),
    })
  })
})

describe('a non-persistent disk of another datapath', () => {
  test('is a temporary clone, which a later process destroys at the end', async () => {
    const { host, volume, datapath, restart } = await setUpAttached()
    const release = volume.hold('Volume.set')
    const connecting = host.disks.connect(SR, 'vol-1', { persistent: false })
    await expect.poll(() => volume.calls().some(({ method }) => method === 'Volume.set')).toBe(true)
    volume.answer('Volume.stat', record('vol-1', { keys: { 'clone-on-boot': 'vol-9' } }))
    release()
    expect(await connecting).toMatchObject({ volume: 'vol-9', uri: 'demo:///vol-9' })
    const set = volume.calls().find(({ method }) => method === 'Volume.set')
    expect(set?.params).toMatchObject({ key: 'vol-1', k: 'clone-on-boot', v: 'vol-9' })
    volume.takeMethods()
    await restart().disks.disconnect(SR, 'vol-1')
    expect(datapath.calls().map(({ params }) => params.uri)).toEqual(Array(4).fill('demo:///vol-9'))
    expect(volume.takeMethods().slice(-2)).toEqual(['Volume.destroy', 'Volume.unset'])
  })

  test('replaces a clone that was left over, gone or not', async () => {
    const { host, volume } = await setUpAttached()
    volume.answer('Volume.stat', record('vol-1', { keys: { 'clone-on-boot': 'old' } }))
    volume.fail('Volume.destroy', ['Volume_does_not_exist', 'old'], { when: '"key":"old"' })
    await host.disks.open(SR, 'vol-1', { persistent: false })
    expect(volume.takeMethods()).toEqual([
      'Volume.stat',
      'Volume.destroy',
      'Volume.unset',
      'Volume.clone',
      'Volume.set',
    ])
  })

  test('leaves no clone behind where its key cannot be stored', async () => {
    const { host, volume } = await setUpAttached()
    volume.fail('Volume.set', ['ReadOnly', 'x'])
    await expect(host.disks.open(SR, 'vol-1', { persistent: false })).rejects.toThrow('ReadOnly')
    expect(volume.takeMethods()).toEqual([
      'Volume.stat',
      'Volume.clone',
      'Volume.set',
      'Volume.unset',
      'Volume.destroy',
    ])
  })

  test('whose clone is gone falls back on the volume itself', async () => {
    const { host, volume } = await setUpAttached()
    volume.answer('Volume.stat', record('vol-1', { keys: { 'clone-on-boot': 'gone' } }))
    volume.fail('Volume.stat', ['Volume_does_not_exist', 'gone'], { when: '"key":"gone"' })
    expect(await host.disks.attach(SR, 'vol-1')).toMatchObject({ volume: 'vol-1' })
  })
})

test('single steps can be taken one by one, as a toolstack does', async () => {
  const { host, datapath } = await setUpAttached({ features: ['NONPERSISTENT'] })
  await host.disks.open(SR, 'vol-1', { persistent: true })
  await host.disks.attach(SR, 'vol-1', { domain: '3' })
  await host.disks.activate(SR, 'vol-1', { domain: '3' })
  await host.disks.deactivate(SR, 'vol-1', { domain: '3' })
  await host.disks.deactivate(SR, 'vol-1', { domain: '3' })
  await host.disks.detach(SR, 'vol-1', { domain: '3' })
  await host.disks.close(SR, 'vol-1')
  const expected = ['Datapath.open', ...ATTACH, 'Datapath.deactivate', ...DETACH, 'Datapath.close']
  expect(datapath.takeMethods()).toEqual(expected)
})

test('a datapath directory that has gone is said to be gone', async () => {
  const { host, datapath, root } = await setUpAttached()
  await host.disks.connect(SR, 'vol-1')
  rmSync(datapath.path, { recursive: true })
  mkdirSync(join(root, 'empty'))
  await expect(host.disks.disconnect(SR, 'vol-1')).rejects.toMatchObject({ kind: 'NO_SUCH_PLUGIN' })
})
