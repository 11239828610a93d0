/** The defects of the reference daemon that belong to the daemon, numbered as in docs/daemon.md. */
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SwitchClient } from '../../../src/toolstack/switch/client.ts'
import { serveQueue } from '../../../src/toolstack/switch/server.ts'
import { demoDatapathPlugin, queryResult, ScriptedPlugin, srStat, volume } from '../../support/scripted-plugin.ts'
import { DaemonProcess, daemonIn, demoPlugins, place, QUEUE, request, SR, until } from './support.ts'

const ATTACH = { sr: SR, device_config: { uri: 'demo:///x' } }
const VDI_INFO = { vdi: '', name_label: 'n', name_description: '', virtual_size: 1 }

test('2, 3: after a restart of the switch the queue is served again, from its first message on', async () => {
  const at = await place()
  demoPlugins(at)
  await daemonIn(at)
  for (let number = 0; number < 3; number += 1) await at.call('SR.list')
  await at.switch.restart()
  for (let number = 0; number < 3; number += 1) expect((await at.call('SR.list')).error).toBeNull()
})

test('4: what is no request is answered, acked, and ends nothing', async () => {
  const at = await place()
  demoPlugins(at)
  await daemonIn(at)
  for (const payload of ['', 'x', '[]', '{"method":1}', '{"method":"SR.list","params":[]}', '\u0000']) {
    const { error } = JSON.parse(await at.switch.call(QUEUE, payload))
    expect(error[0], payload).toBe('Internal_error')
  }
  expect((await at.call('SR.list')).error).toBeNull()
  await until(() => at.switch.contents(QUEUE).length === 0)
})

test('5, 34: metrics are registered at attach and deregistered at detach, and nobody waits for them', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  plugin.answer('SR.stat', srStat('demo://vg0', { datasources: ['xeno+shm:///sr-stats%2F1', 'other:///x'] }))
  const asked: string[] = []
  await daemonIn(at, { metricsTimeout: 60 })
  // Nobody serves the metrics queue yet, and still the SR is attached.
  expect((await at.call('SR.attach', ATTACH)).error).toBeNull()
  expect(readFileSync(at.stateFile, 'utf8')).toBe(`((${SR}((sr demo://vg0)(uids(sr-stats/1)))))`)
  const rrd = serveQueue({
    socketPath: at.switch.socketPath,
    token: 'rrd',
    queue: 'org.xen.xapi.rrd',
    handler: async ({ payload }) => {
      asked.push(payload)
      return '{"result":null,"error":null,"id":1}'
    },
    internalError: (message) => message,
    log: () => {},
  })
  await until(() => asked.length === 1)
  await at.call('SR.detach', { sr: SR })
  await until(() => asked.length === 2)
  await rrd.close({ drain: 1 })
  expect(asked.map((text) => JSON.parse(text))).toMatchObject([
    { method: 'Plugin.Local.register', params: [{ protocol: 'V2', info: 'Five_Seconds', uid: 'sr-stats/1' }] },
    { method: 'Plugin.Local.deregister', params: [{ uid: 'sr-stats/1' }] },
  ])
})

test('6: a script that hangs is killed at the deadline that the operator has set', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  plugin.hold('Volume.stat')
  const settings = join(at.path, 'settings.json')
  writeFileSync(settings, JSON.stringify({ deadlines: { '*': { 'Volume.stat': 0.2 } } }))
  process.env.SMAPIV3_CONFIG = settings
  try {
    await daemonIn(at)
  } finally {
    delete process.env.SMAPIV3_CONFIG
  }
  await at.call('SR.attach', ATTACH)
  const { error } = await at.call('VDI.stat', { sr: SR, vdi: 'vol-1' })
  expect(error).toEqual(['Backend_error', ['SCRIPT_FAILED', expect.arrayContaining([expect.stringContaining('0.2')])]])
})

test('7: a script that leaves a child with its output open does not hold up its caller', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  const pid = join(at.path, 'pid')
  const script = `#!/bin/sh\nsleep 600 &\necho $! >${pid}\necho '"fine"'\n`
  writeFileSync(join(plugin.path, 'Plugin.diagnostics'), script, { mode: 0o755 })
  await daemonIn(at)
  try {
    expect((await at.call('Query.diagnostics')).result).toBe('fine')
  } finally {
    process.kill(Number(readFileSync(pid, 'utf8')))
  }
})

test('8: many SRs attached at once: the state file has them all', async () => {
  const at = await place()
  demoPlugins(at)
  await daemonIn(at)
  const uuids = Array.from({ length: 20 }, (_, index) => `sr-${index}`)
  await Promise.all(uuids.map((sr) => at.call('SR.attach', { ...ATTACH, sr })))
  const text = readFileSync(at.stateFile, 'utf8')
  for (const uuid of uuids) expect(text).toContain(`(${uuid}((sr demo://vg0)(uids())))`)
})

test('18: a destroyed SR is in neither table any more', async () => {
  const at = await place()
  demoPlugins(at)
  await daemonIn(at)
  await at.call('SR.attach', ATTACH)
  expect((await at.call('SR.destroy', { sr: SR })).error).toBeNull()
  expect(readFileSync(at.stateFile, 'utf8')).toBe('()')
  expect((await at.call('SR.list')).result).toEqual([])
})

test('22: a datapath plugin that is removed is not used any more, and the others are not asked again', async () => {
  const at = await place()
  const { datapath } = demoPlugins(at)
  const other = demoDatapathPlugin(at.root, 'other')
  const { daemon } = await daemonIn(at)
  await at.call('SR.attach', ATTACH)
  const asked = () => readFileSync(join(other.path, 'log'), 'utf8').split('Plugin.query').length
  const before = asked()
  rmSync(datapath.path, { recursive: true })
  await until(() => daemon.host.registry.snapshot().plugins.every(({ path }) => path !== datapath.path))
  const { error } = await at.call('VDI.attach3', { sr: SR, vdi: 'vol-1', dp: 'd', vm: '1', read_write: true })
  expect(error).toEqual(['Backend_error', ['MISSING_URI', expect.anything()]])
  expect(asked()).toBe(before)
})

test('23: the queue of a removed plugin is destroyed, so that new callers do not hang', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  await daemonIn(at)
  await at.call('SR.list')
  rmSync(plugin.path, { recursive: true })
  await until(() => !at.switch.list().includes(QUEUE))
})

test('24: what is no plugin gets no queue', async () => {
  const at = await place()
  demoPlugins(at)
  const volumes = join(at.root, 'volume.d')
  writeFileSync(join(volumes, 'README'), 'read me')
  writeFileSync(join(volumes, '.hidden'), '')
  mkdirSync(join(volumes, 'org.xen.xapi.storage.half;4f2a'))
  mkdirSync(join(volumes, 'org.xen.xapi.storage.empty'))
  await daemonIn(at)
  await at.call('SR.list')
  expect(at.switch.list('org.').sort()).toEqual(['org.xen.xapi.observer', QUEUE])
})

test('25: no queue is opened before every datapath plugin has answered, and one that failed is asked again', async () => {
  const at = await place()
  const { datapath } = demoPlugins(at)
  const release = datapath.hold('Plugin.query')
  const failing = new ScriptedPlugin(at.root, 'datapath', 'late', { 'Plugin.query': 'not yet' })
  const started = daemonIn(at)
  await until(() => existsSync(join(datapath.path, 'log')))
  expect(at.switch.list()).not.toContain(QUEUE)
  release()
  const { daemon } = await started
  await until(() => at.switch.list().includes(QUEUE))
  failing.answer('Plugin.query', queryResult('late'))
  await until(() =>
    daemon.host.registry.snapshot().plugins.some(({ name, status }) => name === 'late' && status === 'ready'),
  )
})

test('26: a plugin of API 3.0 gets what it needs also after a restart, before anybody asks what it is', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  plugin.answer('Plugin.query', queryResult('demo', ['VDI_CREATE'], '3.0'))
  const first = await daemonIn(at)
  await at.call('SR.attach', ATTACH)
  await first.daemon.stop()
  plugin.answer('Volume.stat', volume('vol-1', { sharable: undefined }))
  await daemonIn(at)
  expect((await at.call('VDI.stat', { sr: SR, vdi: 'vol-1' })).result).toMatchObject({ sharable: false })
})

test('30: passwords are in no log', async () => {
  const at = await place()
  demoPlugins(at)
  const daemon = await new DaemonProcess(at, ['--log-level', 'debug']).ready()
  const device_config = { uri: 'demo:///x', password: 'hunter2', secret_token: 'hunter3' }
  await at.call('SR.create', { sr: SR, name_label: '', name_description: '', device_config, physical_size: 0 })
  await at.call('SR.attach', { sr: SR, device_config })
  await at.call('SR.probe', { queue: QUEUE, device_config, sm_config: {} })
  await daemon.end('SIGTERM')
  const log = daemon.log.join('')
  expect(log).toContain('SR.probe')
  expect(log).not.toMatch(/hunter/)
})

test('31: at the start, what creates is not run for a caller that has gone; what waits for an answer is', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  const first = await daemonIn(at)
  await at.call('SR.attach', ATTACH)
  await first.daemon.stop()
  at.switch.send(QUEUE, request('VDI.create', { sr: SR, vdi_info: { ...VDI_INFO, name_label: 'stale' } }), 'gone')
  const waiting = at.call('VDI.create', { sr: SR, vdi_info: { ...VDI_INFO, name_label: 'waiting' } })
  await daemonIn(at)
  expect((await waiting).error).toBeNull()
  await until(() => at.switch.contents(QUEUE).length === 0)
  const created = plugin.calls().flatMap(({ method, params }) => (method === 'Volume.create' ? [params.name] : []))
  expect(created).toEqual(['waiting'])
})

test('32: requests start in the order in which they were sent', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  const first = await daemonIn(at)
  await at.call('SR.attach', ATTACH)
  await first.daemon.stop()
  const names = Array.from({ length: 8 }, (_, index) => `${index}`)
  const answers = names.map((name) => at.call('VDI.set_name_label', { sr: SR, vdi: 'vol-1', new_name_label: name }))
  plugin.answer('Volume.set_name', null)
  await daemonIn(at)
  await Promise.all(answers)
  const done = plugin.calls().flatMap(({ method, params }) => (method === 'Volume.set_name' ? [params.new_name] : []))
  expect(done).toEqual(names)
})

test('33: no more requests run at a time than the operator allows, and a slow one does not hold up others', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  await daemonIn(at, { maxParallel: 2 })
  await at.call('SR.attach', ATTACH)
  const release = plugin.hold('Volume.stat')
  const before = plugin.calls().length
  const slow = at.call('VDI.stat', { sr: SR, vdi: 'vol-1' })
  await until(() => plugin.calls().length === before + 1)
  expect((await at.call('SR.stat', { sr: SR })).error).toBeNull()
  const second = at.call('VDI.stat', { sr: SR, vdi: 'vol-9' })
  await until(() => plugin.calls().length === before + 3)
  let isThirdDone = false
  const third = at.call('SR.list').then(() => {
    isThirdDone = true
  })
  await new SwitchClient({ socketPath: at.switch.socketPath, token: 'look' }).list('')
  expect(isThirdDone).toBe(false)
  release()
  await Promise.all([slow, second, third])
})

test('41: a script inherits no descriptor of the daemon', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  const script = '#!/bin/sh\ncat >/dev/null\nprintf \'"%s"\' "$(ls -l /proc/$$/fd | grep -c -e socket: -e inotify)"\n'
  writeFileSync(join(plugin.path, 'Plugin.diagnostics'), script, { mode: 0o755 })
  const daemon = await new DaemonProcess(at).ready()
  expect(readlinkSync(`/proc/${daemon.child.pid}/exe`)).toBe(readlinkSync('/proc/self/exe'))
  expect((await at.call('Query.diagnostics')).result).toBe('0')
})

test('callers rely on it, 12: what is sent while no daemon runs is served when it comes', async () => {
  const at = await place()
  demoPlugins(at)
  const answer = at.call('SR.list')
  await daemonIn(at)
  expect((await answer).result).toEqual([])
})

test('callers rely on it, 13: SRs survive a restart, and nothing is attached again', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  const first = await daemonIn(at)
  await at.call('SR.attach', ATTACH)
  await first.daemon.stop()
  plugin.takeMethods()
  await daemonIn(at)
  expect((await at.call('SR.list')).result).toEqual([SR])
  expect(plugin.calls()).toEqual([])
})

test('callers rely on it, 14: the observer queue is served', async () => {
  const at = await place()
  await daemonIn(at)
  const params = { uuid: 'o', name_label: 'o', dict: {}, endpoints: [], bool: true }
  expect(await at.call('Observer.create', params, 'org.xen.xapi.observer')).toMatchObject({ error: null })
})

test('callers rely on it, 16: a slow creation does not hold up a deactivation of another volume', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  await daemonIn(at)
  await at.call('SR.attach', ATTACH)
  const release = plugin.hold('Volume.create')
  const slow = at.call('VDI.create', { sr: SR, vdi_info: VDI_INFO })
  expect((await at.call('VDI.deactivate', { sr: SR, vdi: 'vol-1', dp: 'd', vm: '1' })).error).toBeNull()
  release()
  expect((await slow).error).toBeNull()
})
