import { describe, expect, test } from 'vitest'
import { volume as record } from '../support/scripted-plugin.ts'
import { SR, setUpAttached } from './support.ts'

describe('a volume', () => {
  test('is reached by the handle of its SR, with what the caller gave', async () => {
    const { host, volume } = await setUpAttached()
    const size = 2n ** 63n - 1n
    await host.volumes.call(
      'Volume.resize',
      'demo SR',
      { key: 'vol-1', new_size: size },
      { dbg: 'why\n{"traceparent":null}' },
    )
    const [call] = volume.calls()
    expect(call).toMatchObject({
      method: 'Volume.resize',
      params: { sr: 'demo://vg0', key: 'vol-1', dbg: 'why\n{"traceparent":null}' },
    })
  })

  test('that the plugin does not know is no such volume, with the plugin’s own code and params', async () => {
    const { host, volume } = await setUpAttached()
    volume.fail('Volume.stat', ['Volume_does_not_exist', 'nope'], { when: '"key":"nope"' })
    await expect(host.volumes.call('Volume.stat', SR, { key: 'nope' })).rejects.toMatchObject({
      kind: 'NO_SUCH_VOLUME',
      exitStatus: 4,
      fault: 'caller',
      code: 'SR_BACKEND_FAILURE',
      params: ['Volume_does_not_exist', 'nope'],
    })
  })

  test('is copied into another SR by the handle of that', async () => {
    const { host, volume } = await setUpAttached()
    const other = SR.replace('1', '2')
    volume.answer('SR.attach', 'demo://vg1')
    await host.srs.attach({ plugin: 'demo', uuid: other, configuration: { uri: 'demo:///y' } })
    await host.volumes.call('Volume.copy', SR, { key: 'vol-1', dest_sr: other })
    expect(volume.calls().at(-1)?.params).toMatchObject({ sr: 'demo://vg0', key: 'vol-1', dest_sr: 'demo://vg1' })
  })

  test('that grows is attached again for those who have it, who then see the new size', async () => {
    const { host, volume, datapath, warnings } = await setUpAttached()
    await host.volumes.resize(SR, { key: 'vol-1', new_size: 5 })
    for (const domain of ['7', '8']) await host.disks.connect(SR, 'vol-1', { domain })
    await host.disks.connect(SR, 'vol-2', { domain: '7' })
    datapath.takeMethods()
    volume.takeMethods()
    const calls = datapath.calls().length
    await host.volumes.resize(SR, { key: 'vol-1', new_size: 6 })
    expect(volume.takeMethods()).toEqual(['Volume.resize'])
    const again = datapath.calls().slice(calls)
    expect(again.map(({ method, params }) => [method, params.uri, params.domain]).sort()).toEqual([
      ['Datapath.attach', 'demo:///vol-1', '7'],
      ['Datapath.attach', 'demo:///vol-1', '8'],
    ])
    expect(warnings).toEqual([])
    datapath.fail('Datapath.attach', ['Busy', 'x'])
    await host.volumes.resize(SR, { key: 'vol-1', new_size: 7 })
    expect(warnings).toEqual([expect.stringMatching(/vol-1 has grown.*Busy/)])
    volume.fail('Volume.resize', ['SR_BACKEND_FAILURE_44', 'full'])
    await expect(host.volumes.resize(SR, { key: 'vol-1', new_size: 8 })).rejects.toThrow('full')
  })

  test('of a bad size never reaches the plugin', async () => {
    const { host, volume } = await setUpAttached()
    const create = (size: number | bigint) =>
      host.volumes.call('Volume.create', SR, { name: '', description: '', size, sharable: false })
    for (const size of [-1, 2n ** 63n, 0.5])
      await expect(create(size)).rejects.toMatchObject({ kind: 'BAD_PARAMETERS' })
    expect(volume.calls()).toEqual([])
  })
})

describe('calls on one volume', () => {
  test('that must not overlap do not, while another volume goes on', async () => {
    const { host, volume } = await setUpAttached()
    const release = volume.hold('Volume.resize')
    const resize = host.volumes.call('Volume.resize', SR, { key: 'vol-1', new_size: 1 })
    await expect.poll(() => volume.calls().length).toBe(1)
    const snapshot = host.volumes.call('Volume.snapshot', SR, { key: 'vol-1' })
    await host.volumes.call('Volume.snapshot', SR, { key: 'vol-2' })
    expect(volume.calls().map(({ method, params }) => [method, params.key])).toEqual([
      ['Volume.resize', 'vol-1'],
      ['Volume.snapshot', 'vol-2'],
    ])
    release()
    await Promise.all([resize, snapshot])
    expect(volume.calls().at(-1)).toMatchObject({ method: 'Volume.snapshot', params: { key: 'vol-1' } })
  })

  test('that only read it run together', async () => {
    const { host, volume } = await setUpAttached()
    const release = volume.hold('Volume.stat')
    const stats = [1, 2, 3].map(() => host.volumes.call('Volume.stat', SR, { key: 'vol-1' }))
    await expect.poll(() => volume.calls().length).toBe(3)
    release()
    await Promise.all(stats)
  })

  test('wait for both volumes of a compose', async () => {
    const { host, volume } = await setUpAttached()
    const release = volume.hold('Volume.resize')
    const resize = host.volumes.call('Volume.resize', SR, { key: 'parent', new_size: 1 })
    await expect.poll(() => volume.calls().length).toBe(1)
    const compose = host.volumes.call('Volume.compose', SR, { key: 'child', key2: 'parent' })
    release()
    await Promise.all([resize, compose])
    expect(volume.takeMethods()).toEqual(['Volume.resize', 'Volume.compose'])
  })

  test('keep their SR from being detached meanwhile', async () => {
    const { host, volume } = await setUpAttached()
    const release = volume.hold('Volume.create')
    const create = host.volumes.call('Volume.create', SR, { name: '', description: '', size: 1, sharable: false })
    await expect.poll(() => volume.calls().length).toBe(1)
    const detach = host.srs.detach(SR)
    release()
    await Promise.all([create, detach])
    expect(volume.takeMethods()).toEqual(['Volume.create', 'SR.detach'])
  })

  test('can be cancelled while they wait, and then have not run', async () => {
    const { host, volume } = await setUpAttached()
    const release = volume.hold('Volume.resize')
    const resize = host.volumes.call('Volume.resize', SR, { key: 'vol-1', new_size: 1 })
    await expect.poll(() => volume.calls().length).toBe(1)
    const cancel = new AbortController()
    const waiting = host.volumes.call('Volume.destroy', SR, { key: 'vol-1' }, { signal: cancel.signal })
    cancel.abort()
    await expect(waiting).rejects.toMatchObject({ kind: 'CANCELLED' })
    release()
    await resize
    expect(volume.takeMethods()).toEqual(['Volume.resize'])
  })
})

test('a listing hides the temporary clones of non-persistent disks', async () => {
  const { host, volume } = await setUpAttached()
  volume.answer('SR.ls', [record('vol-1', { keys: { 'clone-on-boot': 'vol-9' } }), record('vol-9'), record('vol-2')])
  expect((await host.volumes.list(SR)).map(({ key }) => key)).toEqual(['vol-1', 'vol-2'])
  expect(await host.srs.call('SR.ls', SR, {})).toHaveLength(3)
})
