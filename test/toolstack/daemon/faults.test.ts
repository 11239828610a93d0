/** What must not lose anything: the switch, the daemon, the plugin or the root going away under load. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { lacks } from '../../support/needs.ts'
import { demoVolumePlugin, volume } from '../../support/scripted-plugin.ts'
import { DaemonProcess, daemonIn, demoPlugins, place, QUEUE, request, SR, until } from './support.ts'

const ATTACH = { sr: SR, device_config: { uri: 'demo:///x' } }
const VDI_INFO = { vdi: '', name_label: 'n', name_description: '', virtual_size: 1 }

describe('message-switch', () => {
  test('killed and restarted under load: every request of a life that lasts is answered', async () => {
    const at = await place()
    demoPlugins(at)
    await daemonIn(at)
    await at.call('SR.attach', ATTACH)
    for (let life = 0; life < 3; life += 1) {
      const lost = Array.from({ length: 10 }, () => at.switch.call(QUEUE, request('SR.list')).catch(() => 'lost'))
      await at.switch.restart()
      await Promise.all(lost)
      const answers = Array.from({ length: 20 }, () => at.call('SR.list'))
      for (const { result } of await Promise.all(answers)) expect(result).toEqual([SR])
    }
  })

  test('2,000 requests that wait at the start are served, each once', async () => {
    const at = await place()
    demoPlugins(at)
    at.switch.create(QUEUE)
    const answers = Array.from({ length: 2000 }, () => at.call('SR.list'))
    await daemonIn(at)
    for (const { result, error } of await Promise.all(answers))
      expect({ result, error }).toEqual({ result: [], error: null })
    await until(() => at.switch.contents(QUEUE).length === 0)
  })
})

describe('the daemon', () => {
  test('killed at any instant under load: every call is answered, and none creates twice', async () => {
    const at = await place()
    const { volume: plugin } = demoPlugins(at)
    let daemon = await new DaemonProcess(at).ready()
    await at.call('SR.attach', ATTACH)
    plugin.takeMethods()
    for (let life = 0; life < 5; life += 1) {
      const before = plugin.calls().length
      const creates = Array.from({ length: 12 }, (_, index) =>
        at.call('VDI.create', { sr: SR, vdi_info: { ...VDI_INFO, name_label: `${life} ${index}` } }),
      )
      const stats = Array.from({ length: 4 }, () => at.call('SR.stat', { sr: SR }))
      await until(() => plugin.calls().length > before + life * 2)
      await daemon.end('SIGKILL')
      daemon = await new DaemonProcess(at).ready()
      for (const { error } of await Promise.all(stats)) expect(error).toBeNull()
      for (const { error } of await Promise.all(creates)) {
        if (error !== null) expect(error).toEqual(['Internal_error', expect.stringContaining('is not run again')])
      }
    }
    const created = plugin.calls().flatMap(({ method, params }) => (method === 'Volume.create' ? [params.name] : []))
    expect(created.length).toBeGreaterThan(0)
    expect(new Set(created).size).toBe(created.length)
    expect((await at.call('SR.list')).result).toEqual([SR])
  })

  test('SIGTERM leaves what runs to finish and takes nothing new; what waits is served by the next', async () => {
    const at = await place()
    const { volume: plugin } = demoPlugins(at)
    const daemon = await new DaemonProcess(at).ready()
    await at.call('SR.attach', ATTACH)
    const release = plugin.hold('SR.stat')
    const running = at.call('SR.stat', { sr: SR })
    // SR.attach has run two scripts.
    await until(() => plugin.calls().length === 3)
    const ended = daemon.end('SIGTERM')
    await daemon.says('the daemon stops')
    const waiting = at.call('SR.list')
    release()
    expect((await running).error).toBeNull()
    expect(await ended).toBe(0)
    await new DaemonProcess(at).ready()
    expect((await waiting).result).toEqual([SR])
  })

  test('SIGTERM kills what has not ended within the limit, with everything that it started', async () => {
    const at = await place()
    const { volume: plugin } = demoPlugins(at)
    const daemon = await new DaemonProcess(at, ['--stop-timeout', '0.2']).ready()
    const pids = join(at.path, 'pid')
    writeFileSync(join(plugin.path, 'Plugin.diagnostics'), `#!/bin/sh\necho $$ >${pids}\nsleep 600 & wait\n`, {
      mode: 0o755,
    })
    void at.call('Query.diagnostics').catch(() => {})
    await until(() => existsSync(pids) && readFileSync(pids, 'utf8').endsWith('\n'))
    await daemon.end('SIGTERM')
    const pid = Number(readFileSync(pids, 'utf8'))
    await until(() => !groupLives(pid))
  })
})

describe('plugins', () => {
  test('removed with calls in flight: these are answered, the queue is destroyed, and comes back with the plugin', async () => {
    const at = await place()
    const { volume: plugin } = demoPlugins(at)
    await daemonIn(at)
    await at.call('SR.attach', ATTACH)
    const release = plugin.hold('SR.stat')
    const before = plugin.calls().length
    const running = at.call('SR.stat', { sr: SR })
    await until(() => plugin.calls().length > before)
    renameSync(plugin.path, join(at.path, 'away'))
    rmSync(join(at.path, 'away', 'gates', 'SR.stat'))
    release()
    // Its script was moved away under it, so the answer may be an error: what counts is that there is one.
    await running
    await until(() => !at.switch.list().includes(QUEUE))
    renameSync(join(at.path, 'away'), plugin.path)
    await until(() => at.switch.list().includes(QUEUE))
    expect((await at.call('SR.stat', { sr: SR })).error).toBeNull()
  })

  test('back while its calls still run: none of them is run twice', async () => {
    const at = await place()
    const { volume: plugin } = demoPlugins(at)
    const { log } = await daemonIn(at, { stopTimeout: 60 })
    const ran = join(at.path, 'ran')
    const gate = join(at.path, 'gate')
    const script = `#!/bin/sh\ncat >/dev/null\necho ran >>${ran}\nwhile [ ! -e ${gate} ]; do sleep 0.01; done\necho '"done"'\n`
    writeFileSync(join(plugin.path, 'Plugin.diagnostics'), script, { mode: 0o755 })
    const running = at.call('Query.diagnostics')
    await until(() => existsSync(ran))
    renameSync(plugin.path, join(at.path, 'away'))
    await until(() => log.some(({ message }) => message.includes('drained and destroyed')))
    renameSync(join(at.path, 'away'), plugin.path)
    await until(() => log.at(-1)?.message === 'plugins changed' && log.at(-1)?.fields.ready === 2)
    const next = at.call('SR.list')
    writeFileSync(gate, '')
    expect((await running).result).toBe('done')
    expect((await next).error).toBeNull()
    expect(readFileSync(ran, 'utf8')).toBe('ran\n')
    await until(() => at.switch.list().includes(QUEUE))
  })

  test('away for a moment, as in an upgrade: the queue stays', async () => {
    const at = await place()
    const { volume: plugin } = demoPlugins(at)
    const { log } = await daemonIn(at)
    await at.call('SR.list')
    renameSync(plugin.path, join(at.path, 'away'))
    renameSync(join(at.path, 'away'), plugin.path)
    expect((await at.call('Query.query')).error).toBeNull()
    expect(log.filter(({ message }) => message.includes('drained'))).toEqual([])
  })

  test('the root removed and made again: the plugins in the new one are served', async () => {
    const at = await place()
    demoPlugins(at)
    await daemonIn(at)
    await at.call('SR.list')
    rmSync(at.root, { recursive: true })
    await until(() => !at.switch.list().includes(QUEUE))
    mkdirSync(join(at.root, 'volume.d'), { recursive: true, mode: 0o755 })
    demoVolumePlugin(at.root, 'org.xen.xapi.storage.other')
    await until(() => at.switch.list().includes('org.xen.xapi.storage.other'))
    expect((await at.call('Query.query', {}, 'org.xen.xapi.storage.other')).error).toBeNull()
  })
})

describe('the state file', () => {
  const REFERENCE = `((${SR}((sr demo://vg0)(uids(sr-1)))))`

  test('of the reference daemon: its SRs are attached, and belong to the plugin of the queue they are used through', async () => {
    const at = await place()
    const { volume: plugin } = demoPlugins(at)
    demoVolumePlugin(at.root, 'org.xen.xapi.storage.other')
    write(at.stateFile, REFERENCE)
    const { daemon } = await daemonIn(at)
    expect((await at.call('SR.list')).result).toEqual([SR])
    expect(plugin.calls()).toEqual([])
    expect((await at.call('SR.stat', { sr: SR })).error).toBeNull()
    expect(plugin.calls().map(({ method, params }) => [method, params.sr])).toEqual([['SR.stat', 'demo://vg0']])
    expect(daemon.host.srs.get(SR)?.plugin).toBe(QUEUE)
    expect(readFileSync(at.stateFile, 'utf8')).toBe(REFERENCE)
  })

  test('is kept up to date for a downgrade, and what another daemon changes in it counts after an upgrade', async () => {
    const at = await place()
    demoPlugins(at)
    const first = await daemonIn(at)
    await at.call('SR.attach', ATTACH)
    expect(readFileSync(at.stateFile, 'utf8')).toBe(`((${SR}((sr demo://vg0)(uids()))))`)
    await first.daemon.stop()
    writeFileSync(at.stateFile, '((u2((sr demo://vg0)(uids()))))')
    const second = await daemonIn(at)
    expect(second.daemon.host.srs.attached().map(({ uuid }) => uuid)).toEqual(['u2'])
    await at.call('SR.detach', { sr: 'u2' })
    expect(readFileSync(at.stateFile, 'utf8')).toBe('()')
  })

  test.each([
    ['empty', '', []],
    ['torn', `((u1((sr demo://vg0)(uids())))(u2((sr dem`, ['u1']],
    ['garbage', '\u0000\u0001)(', []],
  ])('%s: the daemon starts, says so, and sets it aside', async (_, content, saved) => {
    const at = await place()
    demoPlugins(at)
    write(at.stateFile, content)
    const { daemon, log } = await daemonIn(at)
    expect(daemon.host.srs.attached().map(({ uuid }) => uuid)).toEqual(saved)
    expect(log.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      expect.stringContaining('damaged'),
    ])
    const [aside = ''] = readdirSync(dirname(at.stateFile)).filter((name) => name.includes('.damaged-'))
    expect(readFileSync(join(dirname(at.stateFile), aside), 'utf8')).toBe(content)
  })

  test('torn after this daemon wrote it: the host’s own table has every SR', async () => {
    const at = await place()
    demoPlugins(at)
    const first = await daemonIn(at)
    await at.call('SR.attach', ATTACH)
    await first.daemon.stop()
    writeFileSync(at.stateFile, '((')
    await daemonIn(at)
    expect((await at.call('SR.list')).result).toEqual([SR])
    expect((await at.call('SR.stat', { sr: SR })).error).toBeNull()
  })

  test.skipIf(lacks('root'))(
    'on a full disk: the SR is attached, the failure is told, and the daemon lives on',
    async () => {
      const at = await place()
      demoPlugins(at)
      const disk = dirname(at.stateFile)
      mkdirSync(disk)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'smapiv3-test', disk])
      onTestFinished(() => void execFileSync('umount', ['-l', disk]))
      writeFileSync(at.stateFile, '()')
      fill(join(disk, 'filler'))
      const { log } = await daemonIn(at)
      expect((await at.call('SR.attach', ATTACH)).error).toBeNull()
      expect(log.some(({ level, message }) => level === 'error' && message.includes('cannot be written'))).toBe(true)
      expect((await at.call('SR.list')).result).toEqual([SR])
      expect(readFileSync(at.stateFile, 'utf8')).toBe('()')
      rmSync(join(disk, 'filler'))
      await at.call('SR.attach', { ...ATTACH, sr: 'u2' })
      expect(readFileSync(at.stateFile, 'utf8')).toContain(SR)
    },
  )
})

test('a failing volume record does not keep the rest of the life from going on', async () => {
  const at = await place()
  const { volume: plugin } = demoPlugins(at)
  await daemonIn(at)
  await at.call('SR.attach', ATTACH)
  plugin.answer('SR.ls', [volume('vol-1'), { broken: true }])
  expect((await at.call('SR.scan', { sr: SR })).result).toHaveLength(1)
})

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

function fill(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(1024 * 1024))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

function groupLives(pid: number): boolean {
  try {
    return process.kill(-pid, 0)
  } catch {
    return false
  }
}
