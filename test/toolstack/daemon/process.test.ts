/** The daemon as a process: under the name of the one it replaces, supervised, signalled. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { demoVolumePlugin, queryResult, ScriptedPlugin } from '../../support/scripted-plugin.ts'
import { DaemonProcess, demoPlugins, MAIN, type Place, place, QUEUE, SR, until } from './support.ts'

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The executable under the name of the reference. */
function named(at: Place): string {
  const path = join(at.path, 'xapi-storage-script')
  if (!existsSync(path)) symlinkSync(MAIN, path)
  return path
}

function run(at: Place, ...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [named(at), ...words], (_, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr })
    })
  })
}

test.each([
  [['--nonsense'], 124],
  [['stray'], 124],
  [['--s'], 124],
  [['--root'], 124],
  [['-r', 'x'], 124],
  [['--concurrent=maybe'], 123],
  [['--concurrent', 'True'], 123],
  [['--timeslice=fast'], 123],
  [['--root', '/nonexistent'], 2],
  [['--help'], 0],
  [['--help=plain'], 0],
  [['--version'], 0],
])('xapi-storage-script %j ends with status %i', async (words, status) => {
  expect((await run(await place(), ...words)).status).toBe(status)
})

test('a root without volume or datapath, or a malformed boolean in a file, ends it with status 2', async () => {
  const at = await place()
  mkdirSync(join(at.path, 'empty'))
  expect((await run(at, '--root', join(at.path, 'empty'))).status).toBe(2)
  writeFileSync(join(at.path, 'conf'), 'concurrent = yes\n')
  const { status, stderr } = await run(at, '--root', at.root, '--config', join(at.path, 'conf'))
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("not 'yes'") })
})

test('xapi-storage-script serves as its files say: fragments over the file over the command line', async () => {
  const at = await place()
  demoPlugins(at)
  const [config, fragments] = [join(at.path, 'conf'), join(at.path, 'conf.d')]
  mkdirSync(fragments)
  writeFileSync(
    config,
    `# the packaged one\nroot = /nonexistent # for now\nstate='${at.stateFile}'\nunknown = 1\nswitch-path=/no\n`,
  )
  writeFileSync(join(fragments, '10-root'), `root = "${at.root}"\n`)
  writeFileSync(join(fragments, '20-switch'), `switch-path = ${at.switch.socketPath}  \n`)
  const words = [
    '--config',
    config,
    '--config-d',
    fragments,
    '--root=/else',
    '--pidfile',
    join(at.path, 'pid'),
    '--state=/x',
  ]
  const child = spawn(process.execPath, [named(at), ...words], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  expect((await at.call('SR.attach', { sr: SR, device_config: { uri: 'demo:///x' } })).error).toBeNull()
  expect(readFileSync(at.stateFile, 'utf8')).toContain(SR)
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

test('--self-test-only drives the plugin dummyv5 and ends with status 0, or 2 where it fails', async () => {
  const at = await place()
  const words = ['--root', at.root, '--self-test-only=true', '--state', at.stateFile]
  expect((await run(at, ...words)).status).toBe(2)
  const plugin = demoVolumePlugin(at.root, 'org.xen.xapi.storage.dummyv5')
  plugin.answer('Plugin.query', queryResult('dummyv5', ['SR_PROBE']))
  plugin.answer('Plugin.diagnostics', 'fine')
  expect(await run(at, ...words)).toMatchObject({ status: 0 })
  expect(plugin.takeMethods()).toEqual([
    'Plugin.diagnostics',
    ...[
      'SR.create',
      'SR.attach',
      'SR.stat',
      'Volume.create',
      'Volume.set',
      'Volume.stat',
      'Volume.stat',
      'Volume.destroy',
    ],
    ...['SR.stat', 'SR.ls', 'SR.probe', 'SR.detach'],
  ])
})

test('serve refuses what it does not know', async () => {
  const at = await place()
  for (const words of [['--nonsense'], ['stray'], ['--json'], ['--max-parallel', '0'], ['--switch', '']]) {
    const daemon = new DaemonProcess(at, words)
    await once(daemon.child, 'exit')
    expect(daemon.child.exitCode, words.join(' ')).toBe(2)
  }
})

test('SIGHUP looks for plugins anew, and a second SIGTERM ends it at once', async () => {
  const at = await place()
  const { volume } = demoPlugins(at)
  const daemon = await new DaemonProcess(at, ['--stop-timeout', '600']).ready()
  new ScriptedPlugin(at.root, 'volume', 'org.xen.xapi.storage.late', { 'Plugin.query': queryResult('late') })
  daemon.child.kill('SIGHUP')
  await daemon.says('looking for plugins')
  expect((await at.call('Query.query', {}, 'org.xen.xapi.storage.late')).error).toBeNull()
  const release = volume.hold('SR.probe')
  const probe = { queue: QUEUE, device_config: {}, sm_config: {} }
  void at.call('SR.probe', probe).catch(() => {})
  await until(() => volume.calls().length === 1)
  daemon.child.kill('SIGTERM')
  await daemon.says('the daemon stops')
  expect(await daemon.end('SIGTERM')).toBe(143)
  release()
})

test('systemd is told when it is ready, that it lives, and that it stops', async () => {
  const at = await place()
  const told = join(at.path, 'told')
  const bin = join(at.path, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'systemd-notify'), `#!/bin/sh\necho "$1" >>${told}\n`, { mode: 0o755 })
  const words = ['serve', '--listen', at.listenPath, '--state-dir', at.stateDirectory, '--root', at.root]
  const env = { PATH: `${bin}:${process.env.PATH}`, NOTIFY_SOCKET: '/run/none', WATCHDOG_USEC: '100000' }
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: 'ignore', env })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = () => (existsSync(told) ? readFileSync(told, 'utf8').trimEnd().split('\n') : [])
  await until(() => lines().filter((line) => line === 'WATCHDOG=1').length >= 2)
  expect(lines()[0]).toBe('READY=1')
  child.kill('SIGTERM')
  await until(() => lines().includes('STOPPING=1'))
})

test('lines for journald begin with their priority', async () => {
  const at = await place()
  const env = { PATH: process.env.PATH, JOURNAL_STREAM: '1:2' }
  const words = ['serve', '--listen', at.path, '--state-dir', at.stateDirectory, '--root', at.root]
  const stderr = await new Promise<string>((resolve) => {
    execFile(process.execPath, [MAIN, ...words], { env }, (_error, _stdout, text) => resolve(text))
  })
  expect(stderr).toMatch(/^<3>\{"level":"error",.*no socket stands there/m)
})

test('a second daemon on the same state directory does not start, until the first has ended', async () => {
  const at = await place()
  const first = await new DaemonProcess(at).ready()
  const second = new DaemonProcess({ ...at, listenPath: join(at.path, 'other') })
  await second.says('another daemon uses it')
  await first.end('SIGKILL')
  await new DaemonProcess(at).ready()
})
