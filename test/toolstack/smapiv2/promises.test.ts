/** What callers rely on (SMAPIv2 bridge, section 14), by its numbers. */
import { describe, expect, test } from 'vitest'
import { METHODS as SCRIPT_METHODS } from '../../../src/contract/methods.ts'
import { METHODS, UNIMPLEMENTED } from '../../../src/toolstack/smapiv2/methods.ts'
import { queryResult } from '../../support/scripted-plugin.ts'
import { attachedBench, DATAPATH_SCRIPTS, names, QUEUE, SR, srStat, volume } from './support.ts'

const OK = { result: null, error: null, id: 0 }
const DISK = { sr: SR, vdi: 'vol-1', dp: 'vbd/7/xvda', vm: '7' }

/** Parameters in declaration order, as callers name them. */
const PARAMETERS: Readonly<Record<string, string>> = {
  'Query.query': 'dbg',
  'Query.diagnostics': 'dbg',
  'SR.create': 'dbg sr name_label name_description device_config physical_size',
  'SR.attach': 'dbg sr device_config',
  'SR.detach': 'dbg sr',
  'SR.destroy': 'dbg sr',
  'SR.reset': 'dbg sr',
  'SR.list': 'dbg',
  'SR.stat': 'dbg sr',
  'SR.scan': 'dbg sr',
  'SR.scan2': 'dbg sr',
  'SR.probe': 'dbg queue device_config sm_config',
  'SR.set_name_label': 'dbg sr new_name_label',
  'SR.set_name_description': 'dbg sr new_name_description',
  'VDI.create': 'dbg sr vdi_info',
  'VDI.snapshot': 'dbg sr vdi_info',
  'VDI.clone': 'dbg sr vdi_info',
  'VDI.revert': 'dbg sr snapshot_info',
  'VDI.compose': 'dbg sr vdi1 vdi2',
  'VDI.destroy': 'dbg sr vdi',
  'VDI.stat': 'dbg sr vdi',
  'VDI.introduce': 'dbg sr uuid sm_config location',
  'VDI.set_name_label': 'dbg sr vdi new_name_label',
  'VDI.set_name_description': 'dbg sr vdi new_name_description',
  'VDI.resize': 'dbg sr vdi new_size',
  'VDI.set_content_id': 'dbg sr vdi content_id',
  'VDI.add_to_sm_config': 'dbg sr vdi key value',
  'VDI.remove_from_sm_config': 'dbg sr vdi key',
  'VDI.add_tags': 'dbg sr vdi key',
  'VDI.remove_tags': 'dbg sr vdi key',
  'VDI.set_persistent': 'dbg sr vdi persistent',
  'VDI.similar_content': 'dbg sr vdi',
  'VDI.enable_cbt': 'dbg sr vdi',
  'VDI.disable_cbt': 'dbg sr vdi',
  'VDI.list_changed_blocks': 'dbg sr vdi_from vdi_tp',
  'VDI.data_destroy': 'dbg sr vdi',
  'VDI.attach3': 'dbg sr vdi dp vm read_write',
  'DP.attach_info': 'dbg sr vdi dp vm',
  'VDI.activate3': 'dbg sr vdi dp vm',
  'VDI.activate_readonly': 'dbg sr vdi dp vm',
  'VDI.deactivate': 'dbg sr vdi dp vm',
  'VDI.detach': 'dbg sr vdi dp vm',
  'DP.destroy2': 'dbg sr vdi dp vm allow_leak',
  'VDI.epoch_begin': 'dbg sr vdi vm persistent',
  'VDI.epoch_end': 'dbg sr vdi vm',
  'DATA.mirror': 'dbg sr vdi image_format vm url',
  'DATA.stat': 'dbg sr vdi vm operation',
  'DATA.import_activate': 'dbg sr vdi dp vm',
  'DATA.get_nbd_server': 'dbg sr vdi dp vm',
}

test('1: every method is there with its parameters, and no other', () => {
  const table = [...METHODS].map(([name, { parameters }]) => [name, Object.keys(parameters).join(' ')])
  expect(Object.fromEntries(table)).toEqual(PARAMETERS)
  expect([...METHODS.keys()].filter((name) => UNIMPLEMENTED.has(name))).toEqual([])
})

test('2: SR.detach of an unknown SR succeeds, SR.reset always does, and SR.list is of every plugin', async () => {
  const bench = await attachedBench()
  expect(await bench.call('SR.detach', { sr: 'unknown' })).toEqual(OK)
  expect(await bench.call('SR.reset', { sr: 'unknown' })).toEqual(OK)
  expect((await bench.call('SR.list', {}, 'another queue')).result).toEqual([SR])
  expect(names(bench)).toEqual([])
})

test('2: an SR is known by its uuid only, not by its name', async () => {
  const bench = await attachedBench()
  expect((await bench.call('SR.stat', { sr: 'demo SR' })).error).toEqual(['Sr_not_attached', 'demo SR'])
})

test('3: the answer of SR.create is the configuration that the plugin answered', async () => {
  const bench = await attachedBench()
  bench.doubles.answer(QUEUE, 'SR.create', { uri: 'demo:///x', vg: 'vg0' })
  const params = {
    sr: 'new',
    name_label: 'n',
    name_description: '',
    device_config: { uri: 'demo:///x' },
    physical_size: 0,
  }
  expect((await bench.call('SR.create', params)).result).toEqual({ uri: 'demo:///x', vg: 'vg0' })
  expect((await bench.call('SR.list')).result).toEqual([SR])
})

test.each([
  [{ vm: '0', dp: 'vbd/0/xvd-a' }, 'u0_vbd_0_xvd_a'],
  [{ vm: '7', dp: 'vbd/7/xvda' }, '7'],
  [{ vm: 'MIR1', dp: 'd-1' }, 'MIR1'],
])('4: every step of %j is for the domain %s, after a restart too', async (use, domain) => {
  const bench = await attachedBench()
  const disk = { ...DISK, ...use }
  await bench.call('VDI.attach3', { ...disk, read_write: true })
  await bench.call('VDI.activate3', disk)
  const restarted = bench.restart()
  await restarted.call('VDI.deactivate', disk)
  await restarted.call('DP.destroy2', { ...disk, allow_leak: false })
  await restarted.call('VDI.detach', disk)
  const steps = bench.doubles.take().filter(({ script }) => script.startsWith('Datapath.'))
  expect(steps.map(({ params }) => (params as { domain: string }).domain)).toEqual(Array(6).fill(domain))
})

test('5: the keys of stored metadata are read as they always were', async () => {
  const bench = await attachedBench()
  const keys = {
    'vdi-type': 'system',
    content_id: 'c-1',
    _sm_config_base_mirror: 'm1',
    snapshot_time: '20200101T00:00:00Z',
    is_a_snapshot: 'true',
    snapshot_of: 'vol-0',
    tagsprod: 'prod',
    other: 'ignored',
  }
  bench.doubles.answer(QUEUE, 'Volume.stat', volume('vol-1', { keys }), 'vol-1')
  expect((await bench.call('VDI.stat', { sr: SR, vdi: 'vol-1' })).result).toMatchObject({
    ty: 'system',
    content_id: 'c-1',
    sm_config: { base_mirror: 'm1' },
    snapshot_time: '20200101T00:00:00Z',
    is_a_snapshot: true,
    snapshot_of: 'vol-0',
    tags: ['prod'],
  })
})

test('6: temporary clones are hidden from both scans', async () => {
  const bench = await attachedBench()
  bench.doubles.answer(QUEUE, 'SR.ls', [volume('vol-5'), volume('vol-1', { keys: { 'clone-on-boot': 'vol-5' } })])
  expect((await bench.call('SR.scan', { sr: SR })).result).toMatchObject([{ vdi: 'vol-1' }])
  expect((await bench.call('SR.scan2', { sr: SR })).result).toMatchObject([[{ vdi: 'vol-1' }], { health: 'Healthy' }])
})

test.each(['Recovering', 'Unavailable'])('7: SR.scan2 refuses a %s SR, SR.stat does not', async (health) => {
  const bench = await attachedBench()
  bench.doubles.answer(QUEUE, 'SR.stat', srStat({ health: [health, 'why'] }))
  expect((await bench.call('SR.scan2', { sr: SR })).error).toEqual(['Sr_unhealthy', [SR, health]])
  expect((await bench.call('SR.stat', { sr: SR })).result).toMatchObject({ health })
  expect(names(bench)).toEqual(['SR.stat', 'SR.stat'])
})

test('7: SR.scan2 waits for an SR that becomes reachable', async () => {
  const bench = await attachedBench({
    pause: async () => bench.doubles.answer(QUEUE, 'SR.stat', srStat()),
  })
  bench.doubles.answer(QUEUE, 'SR.stat', srStat({ health: ['Unreachable', ''] }))
  expect((await bench.call('SR.scan2', { sr: SR })).error).toBeNull()
  expect(names(bench)).toEqual(['SR.stat', 'SR.stat', 'SR.ls'])
})

test('8: attaching and deactivating may be repeated', async () => {
  const bench = await attachedBench()
  const first = await bench.call('VDI.attach3', { ...DISK, read_write: true })
  expect(await bench.call('DP.attach_info', DISK)).toEqual(first)
  expect((await bench.call('DATA.get_nbd_server', DISK)).result).toBe('/run/a.sock')
  expect(await bench.call('VDI.deactivate', DISK)).toEqual(OK)
  expect(await bench.call('DP.destroy2', { ...DISK, allow_leak: false })).toEqual(OK)
  const seen = names(bench).filter((name) => name.startsWith('Datapath.'))
  const attaches = Array(3).fill('Datapath.attach')
  expect(seen).toEqual([...attaches, 'Datapath.deactivate', 'Datapath.deactivate', 'Datapath.detach'])
})

test('8: an attach repeated in vain leaves the first alone', async () => {
  const bench = await attachedBench()
  await bench.call('VDI.attach3', { ...DISK, read_write: true })
  bench.doubles.take()
  bench.doubles.fail('demo', 'Datapath.attach', ['Busy', 'x'])
  await bench.call('DP.attach_info', DISK)
  expect(names(bench)).not.toContain('Datapath.detach')
})

describe('9: Activated_on_another_host', () => {
  const vdi_info = { vdi: 'vol-1', name_label: 'n' }

  test.each(['SR_BACKEND_FAILURE', 'ANY_CODE'])(
    'is told from exactly two params, whatever the code %s',
    async (code) => {
      const bench = await attachedBench()
      bench.doubles.fail(QUEUE, 'Volume.snapshot', ['Activated_on_another_host', 'host-1'], 'vol-1', code)
      const { error } = await bench.call('VDI.snapshot', { sr: SR, vdi_info })
      expect(error).toEqual(['Activated_on_another_host', 'host-1'])
    },
  )

  test('is not told from three', async () => {
    const bench = await attachedBench()
    bench.doubles.fail(QUEUE, 'Volume.snapshot', ['Activated_on_another_host', 'a', 'b'], 'vol-1')
    const { error } = await bench.call('VDI.snapshot', { sr: SR, vdi_info })
    expect(error).toMatchObject(['Backend_error_with_backtrace', expect.any(Array)])
  })
})

test('10: a plugin’s code and params are untouched behind a backtrace of equal lists', async () => {
  const bench = await attachedBench()
  const backtrace = { error: 'full', files: ['a.py', 'b.py'], lines: [1] }
  const stdout = JSON.stringify({ code: 'SR_BACKEND_FAILURE_44', params: ['no', 'space é'], backtrace })
  bench.doubles.play([{ plugin: QUEUE, script: 'Volume.resize', stdin: '{"key":"vol-1"}', stdout, exit: 1 }])
  expect((await bench.call('VDI.resize', { sr: SR, vdi: 'vol-1', new_size: 1 })).error).toEqual([
    'Backend_error_with_backtrace',
    ['SR_BACKEND_FAILURE_44', ['{"error":"full","files":["a.py"],"lines":[1]}', 'no', 'space é']],
  ])
})

test('11: features come from what is declared and from the scripts there are', async () => {
  const bench = await attachedBench()
  bench.doubles.plugin('volume', 'org.xen.xapi.storage.poor', queryResult('poor', ['VDI_DESTROY', 'VDI_CLONE/1']), [
    'SR.ls',
  ])
  const { result } = await bench.call('Query.query', {}, 'org.xen.xapi.storage.poor')
  expect(result).toMatchObject({
    features: [
      ...['VDI_DELETE', 'VDI_CLONE/1', 'SR_SCAN'],
      ...['VDI_ATTACH', 'VDI_DETACH', 'VDI_ACTIVATE', 'VDI_DEACTIVATE', 'VDI_INTRODUCE'],
    ],
  })
  expect((await bench.call('Query.query')).result).toMatchObject({
    features: expect.arrayContaining(['VDI_RESET_ON_BOOT/2', 'VDI_CLONE']),
  })
})

test('13: attached SRs outlive the daemon, and nothing is attached again', async () => {
  const bench = await attachedBench()
  const restarted = bench.restart()
  expect((await restarted.call('VDI.stat', { sr: SR, vdi: 'vol-1' })).result).toMatchObject({ vdi: 'vol-1' })
  expect(names(bench)).toEqual(['Volume.stat'])
})

test('15: no script gets less than a minute by default, and what copies or formats gets an hour', () => {
  const deadlines = Object.values(SCRIPT_METHODS).map(({ deadline }) => deadline)
  expect(Math.min(...deadlines)).toBeGreaterThanOrEqual(60)
  const slow = [
    'SR.create',
    'SR.destroy',
    'Volume.create',
    'Volume.destroy',
    'Volume.snapshot',
    'Volume.clone',
  ] as const
  for (const method of slow) expect(SCRIPT_METHODS[method].deadline, method).toBeGreaterThanOrEqual(3600)
})

test('16: a slow VDI.create holds up nothing else, neither does a change of the SR’s name', async () => {
  const bench = await attachedBench()
  const release = bench.doubles.hold(QUEUE, 'Volume.create')
  const create = bench.call('VDI.create', { sr: SR, vdi_info: { vdi: '', name_label: 'n' } })
  await expect.poll(() => bench.doubles.count).toBe(1)
  expect(await bench.call('SR.set_name_label', { sr: SR, new_name_label: 'fast' })).toEqual(OK)
  expect(await bench.call('VDI.deactivate', DISK)).toEqual(OK)
  expect((await bench.call('SR.scan', { sr: SR })).error).toBeNull()
  release()
  expect((await create).error).toBeNull()
})

test('a datapath plugin without VDI_MIRROR_IN does not import', async () => {
  const bench = await attachedBench()
  expect((await bench.call('DATA.import_activate', DISK)).error).toEqual(['Unimplemented', 'VDI_MIRROR_IN'])
})

test('a disk without an NBD server says so, and of several the last counts', async () => {
  const bench = await attachedBench()
  bench.doubles.plugin('datapath', 'other', queryResult('other'), DATAPATH_SCRIPTS)
  const nbd = (socket: string) => ['Nbd', { uri: `nbd:unix:${socket}:exportname=x` }]
  bench.doubles.answer('demo', 'Datapath.attach', { implementations: [nbd('/a'), nbd('/b'), ['File', { path: '/f' }]] })
  expect((await bench.call('DATA.get_nbd_server', DISK)).result).toBe('/b')
  bench.doubles.answer('demo', 'Datapath.attach', { implementations: [['File', { path: '/f' }]] })
  expect((await bench.call('DATA.get_nbd_server', DISK)).error).toEqual(['Backend_error', ['No nbd server found', []]])
})

test('whoever keeps the metrics hears of SRs that come and go, and cannot fail a call', async () => {
  const heard: string[] = []
  const listener = {
    attached: async ({ datasources }: { datasources: readonly string[] }) => {
      heard.push(`attached ${datasources}`)
    },
    detached: async ({ datasources }: { datasources: readonly string[] }) => {
      heard.push(`detached ${datasources}`)
      throw new Error('no metrics daemon')
    },
  }
  const bench = await attachedBench({ listener })
  bench.doubles.answer(QUEUE, 'SR.stat', srStat({ datasources: ['xeno+shm:///sr-1'] }))
  await bench.call('SR.attach', { sr: SR, device_config: {} })
  expect(await bench.restart().call('SR.detach', { sr: SR })).toEqual(OK)
  expect(heard.slice(1)).toEqual(['attached xeno+shm:///sr-1', 'detached xeno+shm:///sr-1'])
})

test('each call is one line of log with its story', async () => {
  const bench = await attachedBench()
  await bench.call('VDI.stat', { sr: SR, vdi: 'vol-1' })
  await bench.call('VDI.stat', { sr: 'unknown', vdi: 'vol-1' })
  const story = { method: 'VDI.stat', plugin: QUEUE, dbg: 'D', vdi: 'vol-1', duration: expect.any(Number) }
  expect(bench.log).toEqual([
    { level: 'info', message: 'VDI.stat', fields: expect.objectContaining({ ...story, sr: SR, outcome: 'ok' }) },
    {
      level: 'warn',
      message: 'VDI.stat failed',
      fields: expect.objectContaining({ ...story, sr: 'unknown', outcome: 'Sr_not_attached' }),
    },
  ])
})
