/** Defects of the reference daemon (SMAPIv2 bridge, section 13) that belong to the translation of requests, by their numbers. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { queryResult } from '../../support/scripted-plugin.ts'
import { attachedBench, DATAPATH_SCRIPTS, HANDLE, names, QUEUE, SR, srStat, volume } from './support.ts'

const OK = { result: null, error: null, id: 0 }
const DISK = { sr: SR, vdi: 'vol-1', dp: 'vbd/7/xvda', vm: '7' }
const CLONE = { 'clone-on-boot': 'vol-5' }
const NO_CLONE = ['Volume_does_not_exist', 'vol-5']

describe('1: VDI.destroy of a disk with a temporary clone', () => {
  test('destroys the clone, then the disk', async () => {
    const bench = await attachedBench()
    bench.doubles.answer(QUEUE, 'Volume.stat', volume('vol-1', { keys: CLONE }), 'vol-1')
    expect(await bench.call('VDI.destroy', { sr: SR, vdi: 'vol-1' })).toEqual(OK)
    const destroyed = bench.doubles.take().filter(({ script }) => script === 'Volume.destroy')
    expect(destroyed.map(({ params }) => params)).toMatchObject([{ key: 'vol-5' }, { key: 'vol-1' }])
  })

  test('does not mind that the clone is gone', async () => {
    const bench = await attachedBench()
    bench.doubles.answer(QUEUE, 'Volume.stat', volume('vol-1', { keys: CLONE }), 'vol-1')
    bench.doubles.fail(QUEUE, 'Volume.destroy', NO_CLONE, 'vol-5')
    expect(await bench.call('VDI.destroy', { sr: SR, vdi: 'vol-1' })).toEqual(OK)
    expect(names(bench)).toEqual(['Volume.stat', 'Volume.destroy', 'Volume.destroy'])
  })
})

test.each(['not JSON', '[]', '{}', '{"method":"SR.list","params":[{"dbg":"D"}]}', '"\\', ''])(
  '4: the payload %j is answered',
  async (payload) => {
    const { dispatcher } = await attachedBench()
    const answer = JSON.parse(await dispatcher.handle(QUEUE, payload))
    expect(answer).toEqual({ result: null, error: ['Internal_error', expect.any(String)], id: 0 })
  },
)

test('6: a script that never ends is killed at its deadline, and the caller is told', async () => {
  const bench = await attachedBench({ settings: { deadlines: { '*': { 'Volume.resize': 0.3 } } } })
  bench.doubles.hold(QUEUE, 'Volume.resize', 'vol-1')
  const { error } = await bench.call('VDI.resize', { sr: SR, vdi: 'vol-1', new_size: 1 })
  expect(error).toEqual([
    'Backend_error',
    ['SCRIPT_FAILED', [expect.stringContaining('did not finish within 0.3 s'), '']],
  ])
})

test.each([
  ['No.such', {}, 'there is no method No.such'],
  ['VDI.stat', { sr: SR }, 'vdi is missing'],
  ['VDI.stat', { sr: 5, vdi: 'vol-1' }, 'sr must be a string, not 5'],
  ['VDI.resize', { sr: SR, vdi: 'vol-1', new_size: 1.5 }, 'new_size must be a 64-bit integer, not 1.5'],
  ['VDI.create', { sr: SR, vdi_info: { vdi: '' } }, 'vdi_info.name_label is missing'],
])('9: %s of %j is answered in an envelope', async (method, params, message) => {
  const bench = await attachedBench()
  expect(await bench.call(method, params)).toEqual({ result: null, error: ['Internal_error', message], id: 0 })
  expect(names(bench)).toEqual([])
})

test.each(['DATA.copy', 'VDI.attach', 'DP.create', 'TASK.list', 'get_by_name', 'DATA.MIRROR.send_start'])(
  '10: %s is said to be unimplemented',
  async (method) => {
    const bench = await attachedBench()
    expect(await bench.call(method)).toEqual({ result: null, error: ['Unimplemented', method], id: 0 })
  },
)

test('11: what a script wrote on stderr reaches the caller', async () => {
  const bench = await attachedBench()
  const failure = {
    plugin: QUEUE,
    script: 'Volume.stat',
    stdin: '{"key":"vol-1"}',
    stdout: 'no JSON',
    stderr: 'disk on fire',
  }
  bench.doubles.play([{ ...failure, exit: 1 }])
  const { error } = await bench.call('VDI.stat', { sr: SR, vdi: 'vol-1' })
  expect(error).toEqual([
    'Backend_error',
    ['SCRIPT_FAILED', [expect.stringContaining('exited with status 1'), 'disk on fire']],
  ])
})

describe('12, 17 and 38: VDI.snapshot', () => {
  const info = { vdi: 'vol-1', name_label: 'n', tags: ['prod'], content_id: 'c-1', ty: 'system' }

  test('stores tags with the snapshot, and answers what it stored', async () => {
    const bench = await attachedBench()
    const { result } = await bench.call('VDI.snapshot', { sr: SR, vdi_info: info })
    expect(result).toMatchObject({ vdi: 'vol-3', tags: ['prod'], ty: 'system', content_id: 'c-1', is_a_snapshot: true })
    const sets = bench.doubles.take().filter(({ script }) => script === 'Volume.set')
    expect(sets.map(({ params }) => params)).toMatchObject(Array(6).fill({ key: 'vol-3' }))
    expect(sets.at(-1)?.params).toMatchObject({ k: 'tagsprod', v: 'prod' })
  })

  test('leaves no snapshot behind of which nobody knows that it is one', async () => {
    const bench = await attachedBench()
    bench.doubles.fail(QUEUE, 'Volume.set', ['ReadOnly', 'x'], 'vol-3')
    const { error } = await bench.call('VDI.snapshot', { sr: SR, vdi_info: info })
    expect(error).toMatchObject([
      'Backend_error_with_backtrace',
      ['SR_BACKEND_FAILURE', [expect.any(String), 'ReadOnly', 'x']],
    ])
    expect(names(bench)).toEqual(['Volume.snapshot', 'Volume.set', 'Volume.destroy'])
  })
})

describe('13: one bad volume does not break a scan', () => {
  test('a record that cannot be read is left out, and the operator is told', async () => {
    const bench = await attachedBench()
    const { name: _, ...nameless } = volume('bad')
    bench.doubles.answer(QUEUE, 'SR.ls', [volume('vol-1'), nameless, 'no record', volume('vol-2')])
    const { result } = await bench.call('SR.scan', { sr: SR })
    expect(result).toMatchObject([{ vdi: 'vol-1' }, { vdi: 'vol-2' }])
    expect(bench.warnings).toEqual([
      expect.stringContaining('[1].name is missing'),
      expect.stringContaining('[2] must be an object'),
    ])
  })

  test('is_a_snapshot that is no truth value counts as false', async () => {
    const bench = await attachedBench()
    bench.doubles.answer(QUEUE, 'SR.ls', [volume('vol-1', { keys: { is_a_snapshot: 'maybe' } })])
    expect((await bench.call('SR.scan', { sr: SR })).result).toMatchObject([{ vdi: 'vol-1', is_a_snapshot: false }])
  })

  test('but what is no list at all is an error', async () => {
    const bench = await attachedBench()
    bench.doubles.answer(QUEUE, 'SR.ls', { volumes: [] })
    expect((await bench.call('SR.scan', { sr: SR })).error).toMatchObject([
      'Backend_error',
      ['SCRIPT_FAILED', expect.any(Array)],
    ])
  })
})

test.each([
  ['DATA.import_activate', 'Datapath.import_activate'],
  ['DATA.get_nbd_server', 'Datapath.attach'],
])('14: %s in dom0 uses the domain that attach uses', async (method, script) => {
  const bench = await attachedBench({ datapath: ['VDI_MIRROR_IN'] })
  bench.doubles.answer('demo', 'Datapath.import_activate', '/run/import.sock')
  const { error } = await bench.call(method, { ...DISK, dp: 'vbd/0/xvd-a', vm: '0' })
  expect(error).toBeNull()
  expect(bench.doubles.take().at(-1)).toMatchObject({ script, params: { domain: 'u0_vbd_0_xvd_a' } })
})

test('15: epoch_begin, attach and epoch_end of a non-persistent disk choose the same datapath', async () => {
  const bench = await attachedBench()
  bench.doubles.plugin('datapath', 'np', queryResult('np', ['NONPERSISTENT']), DATAPATH_SCRIPTS)
  const uri = ['demo:///vol-1', 'np:///vol-1']
  bench.doubles.answer(QUEUE, 'Volume.stat', volume('vol-1', { uri }), 'vol-1')
  await bench.call('VDI.epoch_begin', { sr: SR, vdi: 'vol-1', vm: '7', persistent: false })
  bench.doubles.answer(QUEUE, 'Volume.stat', volume('vol-1', { uri, keys: CLONE }), 'vol-1')
  await bench.call('VDI.attach3', { ...DISK, read_write: true })
  await bench.call('DP.destroy2', { ...DISK, allow_leak: false })
  await bench.call('VDI.epoch_end', { sr: SR, vdi: 'vol-1', vm: '7' })
  const seen = bench.doubles.take().filter(({ script }) => script !== 'Plugin.query')
  expect([...new Set(seen.map(({ plugin }) => plugin))]).toEqual([QUEUE, 'demo'])
  expect(seen.find(({ script }) => script === 'Datapath.attach')?.params).toMatchObject({ uri: 'demo:///vol-5' })
})

describe('16: a temporary clone that has gone', () => {
  test('does not keep the disk from being attached', async () => {
    const bench = await attachedBench()
    bench.doubles.answer(QUEUE, 'Volume.stat', volume('vol-1', { keys: CLONE }), 'vol-1')
    bench.doubles.fail(QUEUE, 'Volume.stat', NO_CLONE, 'vol-5')
    expect((await bench.call('VDI.attach3', { ...DISK, read_write: true })).error).toBeNull()
  })

  test('does not keep a new one from being made', async () => {
    const bench = await attachedBench()
    bench.doubles.answer(QUEUE, 'Volume.stat', volume('vol-1', { keys: CLONE }), 'vol-1')
    bench.doubles.fail(QUEUE, 'Volume.destroy', NO_CLONE, 'vol-5')
    expect(await bench.call('VDI.epoch_begin', { sr: SR, vdi: 'vol-1', vm: '7', persistent: false })).toEqual(OK)
    expect(names(bench).slice(-2)).toEqual(['Volume.clone', 'Volume.set'])
  })
})

describe('17: what failed half way is undone', () => {
  test('a volume whose type cannot be stored is destroyed', async () => {
    const bench = await attachedBench()
    bench.doubles.fail(QUEUE, 'Volume.set', ['ReadOnly', 'x'], 'vol-2')
    const { error } = await bench.call('VDI.create', {
      sr: SR,
      vdi_info: { vdi: '', name_label: 'n', virtual_size: 1 },
    })
    expect(error).toMatchObject(['Backend_error_with_backtrace', ['SR_BACKEND_FAILURE', expect.any(Array)]])
    expect(names(bench)).toEqual(['Volume.create', 'Volume.set', 'Volume.destroy'])
  })

  test('a temporary clone whose key cannot be stored is destroyed', async () => {
    const bench = await attachedBench()
    bench.doubles.fail(QUEUE, 'Volume.set', ['ReadOnly', 'x'], 'vol-1')
    await bench.call('VDI.epoch_begin', { sr: SR, vdi: 'vol-1', vm: '7', persistent: false })
    expect(bench.doubles.take().at(-1)).toMatchObject({ script: 'Volume.destroy', params: { key: 'vol-5' } })
  })

  test('an SR whose SR.stat fails is detached', async () => {
    const bench = await attachedBench()
    await bench.call('SR.detach', { sr: SR })
    bench.doubles.take()
    bench.doubles.fail(QUEUE, 'SR.stat', ['Broken', 'x'])
    await bench.call('SR.attach', { sr: SR, device_config: {} })
    expect(names(bench)).toEqual(['SR.attach', 'SR.stat', 'SR.detach'])
    expect((await bench.call('SR.list')).result).toEqual([])
  })
})

test('18: an SR that was destroyed is attached no more', async () => {
  const bench = await attachedBench()
  expect(await bench.call('SR.destroy', { sr: SR })).toEqual(OK)
  expect((await bench.call('SR.list')).result).toEqual([])
  expect(await bench.call('SR.detach', { sr: SR })).toEqual(OK)
  expect(names(bench)).toEqual(['SR.destroy'])
})

test('26: a plugin of API 3.0 is served as one after a restart too', async () => {
  const bench = await attachedBench({ version: '3.0' })
  const { sharable: _, ...old } = volume('vol-1')
  bench.doubles.answer(QUEUE, 'Volume.stat', old, 'vol-1')
  const restarted = bench.restart()
  expect((await restarted.call('VDI.stat', { sr: SR, vdi: 'vol-1' })).result).toMatchObject({ sharable: false })
})

describe('27: sharable of a plugin of API 3.0', () => {
  test.each([
    ['VDI.snapshot', 'Volume.snapshot'],
    ['VDI.clone', 'Volume.clone'],
  ])('is added to what %s answers', async (method, script) => {
    const bench = await attachedBench({ version: '3.0' })
    const { sharable: _, ...old } = volume('vol-7')
    bench.doubles.answer(QUEUE, script, old)
    const { result } = await bench.call(method, { sr: SR, vdi_info: { vdi: 'vol-1', name_label: 'n' } })
    expect(result).toMatchObject({ vdi: 'vol-7', sharable: false })
  })

  test('is left alone where the plugin says it', async () => {
    const bench = await attachedBench({ version: '3.0' })
    bench.doubles.answer(QUEUE, 'Volume.stat', volume('vol-1', { sharable: true }), 'vol-1')
    expect((await bench.call('VDI.stat', { sr: SR, vdi: 'vol-1' })).result).toMatchObject({ sharable: true })
  })
})

describe('28: what a plugin does not implement', () => {
  test.each([
    ['VDI.clone', 'Volume.clone', { vdi_info: { vdi: 'vol-1', name_label: 'n' } }],
    ['VDI.snapshot', 'Volume.snapshot', { vdi_info: { vdi: 'vol-1', name_label: 'n' } }],
    ['VDI.revert', 'Volume.revert', { snapshot_info: { vdi: 'vol-3', name_label: 'n', snapshot_of: 'vol-1' } }],
  ])('is said to be unimplemented for %s', async (method, script, params) => {
    const bench = await attachedBench()
    for (const key of ['', 'vol-1']) bench.doubles.fail(QUEUE, script, ['Unimplemented', script], key)
    expect((await bench.call(method, { sr: SR, ...params })).error).toEqual(['Unimplemented', script])
  })

  test('is an error of the backend for any other method, for which the caller knows nothing else to do', async () => {
    const bench = await attachedBench()
    bench.doubles.fail(QUEUE, 'Volume.enable_cbt', ['Unimplemented', 'Volume.enable_cbt'])
    const { error } = await bench.call('VDI.enable_cbt', { sr: SR, vdi: 'vol-1' })
    expect(error).toMatchObject(['Backend_error_with_backtrace', expect.any(Array)])
  })
})

describe('29: DP.destroy2 whose deactivate fails', () => {
  test('detaches all the same, and answers the first error', async () => {
    const bench = await attachedBench()
    await bench.call('VDI.attach3', { ...DISK, read_write: true })
    bench.doubles.take()
    bench.doubles.fail('demo', 'Datapath.deactivate', ['Stuck', 'x'])
    bench.doubles.fail('demo', 'Datapath.detach', ['Later', 'y'])
    const { error } = await bench.call('DP.destroy2', { ...DISK, allow_leak: false })
    expect(error).toMatchObject([
      'Backend_error_with_backtrace',
      ['SR_BACKEND_FAILURE', [expect.any(String), 'Stuck', 'x']],
    ])
    expect(names(bench)).toEqual(['Datapath.deactivate', 'Datapath.detach'])
  })

  test('succeeds where the caller allows a leak, and the log says what is left', async () => {
    const bench = await attachedBench()
    bench.doubles.fail('demo', 'Datapath.deactivate', ['Stuck', 'x'])
    expect(await bench.call('DP.destroy2', { ...DISK, allow_leak: true })).toEqual(OK)
    expect(bench.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('Stuck') }),
    )
  })
})

test('30: no password of a device_config is logged, whether the call succeeds or fails', async () => {
  const bench = await attachedBench()
  const device_config = { uri: 'demo://ann:s3cr3t@host/x', password: 'hunter2' }
  await bench.call('SR.attach', { sr: SR, device_config })
  bench.doubles.fail(QUEUE, 'SR.attach', ['Login', 'hunter2 at demo://ann:s3cr3t@host/x'])
  await bench.call('SR.attach', { sr: SR, device_config })
  const text = JSON.stringify(bench.log)
  expect(bench.log.map(({ message }) => message)).toEqual(['SR.attach', 'SR.attach failed'])
  expect(text).toContain('demo://ann:***@host/x')
  expect(text).not.toMatch(/hunter2|s3cr3t/)
})

describe('31: a request whose caller has gone', () => {
  test('is not run where that could do harm', async () => {
    const bench = await attachedBench()
    const create = { dbg: 'D', sr: SR, vdi_info: { vdi: '', name_label: 'n' } }
    const payload = JSON.stringify({ method: 'VDI.create', params: [create], id: 1 })
    const answer = JSON.parse(await bench.dispatcher.handle(QUEUE, payload, { stale: true }))
    expect(answer.error).toEqual(['Internal_error', expect.stringContaining('VDI.create was not run')])
    expect(names(bench)).toEqual([])
  })

  test('is run where it does none', async () => {
    const bench = await attachedBench()
    const payload = JSON.stringify({ method: 'VDI.deactivate', params: [{ dbg: 'D', ...DISK }], id: 1 })
    expect(JSON.parse(await bench.dispatcher.handle(QUEUE, payload, { stale: true }))).toEqual(OK)
    expect(names(bench)).toContain('Datapath.deactivate')
  })
})

describe('36: a volume that no datapath reaches', () => {
  test('is an error that names its URIs and the schemes', async () => {
    const bench = await attachedBench()
    bench.doubles.answer(QUEUE, 'Volume.stat', volume('vol-1', { uri: ['rbd://pool/x'] }), 'vol-1')
    const { error } = await bench.call('VDI.attach3', { ...DISK, read_write: true })
    expect(error).toEqual([
      'Backend_error',
      ['MISSING_URI', [expect.stringMatching(/vol-1.*rbd:\/\/pool\/x.*scheme rbd/), expect.any(String)]],
    ])
  })

  test('differs from a plugin of API 3.0 whose device_config has no uri', async () => {
    const bench = await attachedBench({ version: '3.0' })
    const { error } = await bench.call('SR.attach', { sr: 'other', device_config: {} })
    expect(error).toEqual(['Backend_error', ['MISSING_URI', [expect.stringContaining('`uri`'), expect.any(String)]]])
    expect(names(bench)).toEqual([])
  })
})

test('37: VDI.create stores and answers sm_config', async () => {
  const bench = await attachedBench()
  const vdi_info = { vdi: '', name_label: 'n', ty: '', sm_config: { base_mirror: 'm1' } }
  expect((await bench.call('VDI.create', { sr: SR, vdi_info })).result).toMatchObject({
    sm_config: { base_mirror: 'm1' },
  })
  const params = { sr: HANDLE, key: 'vol-2', k: '_sm_config_base_mirror', v: 'm1' }
  expect(bench.doubles.take().at(-1)).toMatchObject({ script: 'Volume.set', params })
})

test.each(['vdi_tp', 'vdi_to'])('39: VDI.list_changed_blocks takes %s', async (name) => {
  const bench = await attachedBench()
  bench.doubles.answer(QUEUE, 'Volume.list_changed_blocks', { granularity: 65536, bitmap: 'gA==' })
  expect((await bench.call('VDI.list_changed_blocks', { sr: SR, vdi_from: 'a', [name]: 'b' })).result).toBe('gA==')
  expect(bench.doubles.take()).toMatchObject([{ params: { key: 'a', key2: 'b', offset: 0, length: -1 } }])
})

test('40: what the interface cannot carry is accepted and ignored', async () => {
  const bench = await attachedBench()
  expect(await bench.call('VDI.set_persistent', { sr: 'unknown', vdi: 'x', persistent: false })).toEqual(OK)
  bench.doubles.answer(QUEUE, 'SR.create', { uri: 'demo:///x' })
  const create = { sr: SR, name_label: 'n', name_description: '', device_config: {}, physical_size: '0x10' }
  expect((await bench.call('SR.create', create)).result).toEqual({ uri: 'demo:///x' })
})

test.each([
  ['a script that is not there', 'SCRIPT_MISSING', (path: string) => rmSync(path)],
  ['a script that may not be executed', 'SCRIPT_NOT_EXECUTABLE', (path: string) => replaceBy(path)],
])('%s is %s', async (_, code, spoil) => {
  const bench = await attachedBench()
  spoil(join(bench.doubles.root, 'volume.d', QUEUE, 'Volume.revert'))
  const snapshot_info = { vdi: 'vol-3', name_label: 'n', snapshot_of: 'vol-1' }
  const { error } = await bench.call('VDI.revert', { sr: SR, snapshot_info })
  expect(error).toEqual(['Backend_error', [code, [expect.stringContaining('Volume.revert'), expect.any(String)]]])
})

test('an SR that was never healthy is asked again, and then said to be unhealthy', async () => {
  const bench = await attachedBench()
  bench.doubles.answer(QUEUE, 'SR.stat', srStat({ health: ['Unreachable', 'cable'] }))
  expect((await bench.call('SR.scan2', { sr: SR })).error).toEqual(['Sr_unhealthy', [SR, 'Unreachable']])
  expect(names(bench)).toEqual(Array(4).fill('SR.stat'))
  expect(bench.pauses).toEqual([1, 1, 1])
})

function replaceBy(path: string): void {
  rmSync(path)
  writeFileSync(path, '#!/bin/sh\n')
  chmodSync(path, 0o644)
}
