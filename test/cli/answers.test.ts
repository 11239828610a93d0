/** Exit statuses, errors and bad input, on plugins in sh. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Place, until } from './smapiv3.ts'

const VOLUME =
  '{"key":"k","name":"","description":"","read_write":true,"sharable":false,"virtual_size":9223372036854775807,"physical_utilisation":0,"uri":["weird://x"],"keys":{}}'
const STAT =
  '{"sr":"h","name":"double","description":"","free_space":1,"total_space":9223372036854775807,"datasources":[],"clustered":false,"health":["Healthy",""]}'
const METHODS = ['SR.attach', 'SR.detach', 'SR.stat', 'SR.ls', 'SR.probe', 'Volume.stat', 'Volume.create', 'Volume.set']
const SCRIPT = `SR.attach) case "$line" in *bad*) echo seen "$line" >&2; exit 3 ;; *) echo '"h"' ;; esac ;;
SR.detach) echo null ;;
SR.stat) echo '${STAT}' ;;
SR.ls) sleep 600 ;;
SR.probe) echo nonsense ;;
Volume.stat) echo '${VOLUME}' ;;
Volume.create) echo "$line" >&2; echo '{"code":"SR_BACKEND_FAILURE_44","params":["full"],"backtrace":{"error":"","files":[],"lines":[]}}'; exit 1 ;;
Volume.set) printf '%s' "$line" > "$(dirname "$0")/../../../seen"; echo null ;;`

let place: Place

beforeAll(async () => {
  place = await Place.make()
  place.double('volume', 'org.xen.xapi.storage.double', METHODS, SCRIPT)
  const open = join(place.root, 'volume.d', 'org.xen.xapi.storage.open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  expect(await place.json('sr', 'attach', 'double', '--uuid', 'u', 'uri=x')).toMatchObject({
    value: { uuid: 'u', sr: 'h' },
  })
})

afterAll(() => place.remove())

const created = ['call', 'double', 'Volume.create', 'sr=h', 'name=n', 'description=', 'size=1', 'sharable=false']

describe('errors', () => {
  test.each<[number, string, string[]]>([
    [1, 'SR_BACKEND_FAILURE_44', ['volume', 'create', 'u', 'n', '1']],
    [1, 'SR_BACKEND_FAILURE_44', created],
    [2, 'USAGE', []],
    [2, 'USAGE', ['sr']],
    [2, 'USAGE', ['nothing']],
    [2, 'USAGE', ['sr', 'nothing']],
    [2, 'USAGE', ['sr', 'stat']],
    [2, 'USAGE', ['sr', 'stat', 'u', 'more']],
    [2, 'USAGE', ['sr', 'ls', '--nothing']],
    [2, 'USAGE', ['sr', 'create', 'double', 'uri=x']],
    [2, 'USAGE', ['sr', 'create', 'double', 'uri', '--name', 'n']],
    [2, 'USAGE', ['sr', 'create', 'double', 'uri=x', '--name', 'n', '--name', 'm']],
    [2, 'USAGE', ['volume', 'create', 'u', 'n', '-1']],
    [2, 'USAGE', ['volume', 'create', 'u', 'n', '0']],
    [2, 'USAGE', ['volume', 'create', 'u', 'n', '9223372036854775808']],
    [2, 'USAGE', ['volume', 'create', 'u', 'n', '10G']],
    [2, 'USAGE', ['sr', 'ls', '--timeout', 'soon']],
    [2, 'USAGE', ['sr', 'ls', '--log-level', 'loud']],
    [2, 'USAGE', ['call']],
    [2, 'USAGE', ['call', 'double']],
    [2, 'USAGE', ['call', 'double', 'SR.stat', '--nothing']],
    [2, 'USAGE', ['call', 'double', 'SR.stat', '--params']],
    [2, 'USAGE', ['call', 'double', 'SR.stat', '--params', '{']],
    [2, 'USAGE', ['call', 'double', 'SR.stat', '--params', '{}', '--params', '{}']],
    [2, 'NO_SUCH_METHOD', ['call', 'double', '../SR.stat']],
    [2, 'NO_SUCH_METHOD', ['call', 'double', 'constructor']],
    [2, 'BAD_PARAMETERS', ['call', 'double', 'SR.stat']],
    [3, 'SCRIPT_BAD_JSON', ['sr', 'probe', 'double']],
    [3, 'SCRIPT_BAD_ERROR', ['sr', 'attach', 'double', '--uuid', 'v', 'uri=bad']],
    [4, 'NO_SUCH_PLUGIN', ['plugin', 'show', 'nothing']],
    [4, 'NO_SUCH_PLUGIN', ['call', '../double', 'SR.stat', 'sr=h']],
    [4, 'NO_SUCH_PLUGIN', ['call', '😀'.repeat(2560), 'SR.stat', 'sr=h']],
    [4, 'PLUGIN_REJECTED', ['plugin', 'show', 'open']],
    [4, 'SCRIPT_MISSING', ['call', 'double', 'SR.destroy', 'sr=h']],
    [4, 'NO_SUCH_SR', ['sr', 'stat', `it's\n"../`]],
    [4, 'NO_SUCH_SR', ['volume', 'create', 'nothing', 'n', '1']],
    [4, 'NO_DATAPATH', ['disk', 'attach', 'u', 'k']],
    [5, 'SCRIPT_TIMED_OUT', ['volume', 'ls', 'u', '--timeout', '0.3']],
  ])('%d %s: %j', async (status, code, words) => {
    const answered = await place.json(...words)
    expect(answered.value).toEqual({ error: expect.objectContaining({ code }) })
    const { error } = answered.value as { error: Record<string, unknown> }
    expect(Object.keys(error)).toEqual(expect.arrayContaining(['code', 'fault', 'message', 'recovery']))
    expect(answered.status).toBe(status)
    expect(answered.stderr).toMatch(/^smapiv3: /)
    expect(answered.stderr).not.toMatch(/^ +at .*[:(]\d+/m)
  })

  test('6: a state directory that cannot be written', async () => {
    writeFileSync(join(place.path, 'file'), '')
    const words = ['sr', 'attach', 'double', '--uuid', 'w', 'uri=x', '--state-dir', join(place.path, 'file', 'state')]
    const { status, value } = await place.json(...words)
    expect(value).toMatchObject({ error: { code: 'STATE_UNUSABLE', fault: 'host' } })
    expect(status).toBe(6)
  })

  test('carry what the plugin said', async () => {
    const { value, stderr } = await place.json(...created)
    expect(value).toMatchObject({
      error: { fault: 'plugin', params: ['full'], stderr: expect.stringContaining('"name":"n"') },
    })
    expect(stderr).toContain('  | {"dbg":"smapiv3","sr":"h"')
  })

  test('never repeat a secret', async () => {
    const words = ['sr', 'attach', 'double', '--uuid', 'v', 'uri=bad', 'password=hunter2']
    const { stdout, stderr, status } = await place.run(words)
    expect(status).toBe(3)
    expect(stdout + stderr).not.toContain('hunter2')
    expect((await place.run(['trace', '--json'])).stdout).not.toContain('hunter2')
  })
})

describe('call', () => {
  test('prints the plugin’s own text, every digit of it', async () => {
    const words = ['call', 'org.xen.xapi.storage.double', 'Volume.stat', 'sr=h', 'key=k']
    expect(await place.run(words)).toEqual({ status: 0, signal: null, stdout: `${VOLUME}\n`, stderr: '' })
    expect((await place.run(['--json', ...words])).stdout).toBe(`${VOLUME}\n`)
    expect((await place.run(['volume', 'stat', 'u', 'k', '--json'])).stdout).toContain(
      '"virtual_size":9223372036854775807',
    )
  })

  test('reads its parameters from standard input and passes them on, every digit of them', async () => {
    const input = '{"sr":"h","key":"k","k":"n",\n"v":"\\u00e9 9223372036854775807"}'
    expect(await place.run(['call', 'double', 'Volume.set', '--params', '-', '--dbg', 'D'], { input })).toMatchObject({
      status: 0,
    })
    const { stdout } = await place.run(['trace', '--last', '1', '--json'])
    const [{ stdin }] = JSON.parse(stdout) as [{ stdin: string }]
    expect(JSON.parse(stdin)).toEqual({ dbg: 'D', sr: 'h', key: 'k', k: 'n', v: 'é 9223372036854775807' })
    const size = (await place.json(...created.slice(0, 6), 'size=9223372036854775807', 'sharable=false')).value
    expect(size).toMatchObject({ error: { stderr: expect.stringContaining('"size":9223372036854775807') } })
  })
})

describe('plugin ls', () => {
  test('lists what is usable and what is not, and why', async () => {
    const { value, status } = await place.json('plugin', 'ls')
    expect(status).toBe(0)
    const path = (name: string) => join(place.root, 'volume.d', `org.xen.xapi.storage.${name}`)
    const common = { kind: 'volume', required_api_version: '5.0', features: expect.arrayContaining(['SR_ATTACH']) }
    expect(value).toEqual([
      { name: 'org.xen.xapi.storage.double', path: path('double'), status: 'ready', version: '1.2', ...common },
      {
        name: 'org.xen.xapi.storage.open',
        kind: 'volume',
        path: path('open'),
        status: 'rejected',
        reason: expect.stringContaining('may be written by everybody'),
        version: null,
        required_api_version: null,
        features: [],
      },
    ])
    expect((await place.run(['plugin', 'ls'])).stdout).toContain('chmod go-w')
  })

  test('the doctor calls it broken, and says how to mend it', async () => {
    const { value, status } = await place.json('doctor')
    expect(status).toBe(6)
    const broken = {
      status: 'broken',
      subject: 'volume org.xen.xapi.storage.open',
      recovery: expect.stringContaining('chmod'),
    }
    expect(value).toMatchObject({ ok: false, findings: expect.arrayContaining([expect.objectContaining(broken)]) })
  })

  test('install copies a plugin and asks it', async () => {
    const to = join(place.path, 'other')
    mkdirSync(join(to, 'volume.d'), { recursive: true })
    const source = join(place.root, 'volume.d', 'org.xen.xapi.storage.double')
    const installed = join(to, 'volume.d', 'org.xen.xapi.storage.double')
    expect((await place.json('plugin', 'install', source, '--to', to)).value).toMatchObject({ path: installed })
    expect(existsSync(join(installed, 'SR.attach'))).toBe(true)
    expect((await place.json('plugin', 'install', source, '--to', to)).status).toBe(2)
    expect((await place.json('plugin', 'ls', '--root', to)).value).toMatchObject([{ path: installed, status: 'ready' }])
  })
})

describe('the trace', () => {
  test('shows a call whole and replays it', async () => {
    await place.run(['call', 'double', 'Volume.stat', 'sr=h', 'key=k'])
    const [{ id }] = (await place.json('trace', 'ls', '--last', '1')).value as [{ id: string }]
    expect((await place.json('trace', id)).value).toMatchObject({ id, method: 'Volume.stat', outcome: { ok: true } })
    const { value } = await place.json('trace', 'replay', id)
    expect(value).toMatchObject({ before: { id, stdin: expect.any(String) }, after: { method: 'Volume.stat' } })
    expect((await place.run(['trace', 'replay', id])).stdout).toContain('The outcome is the same.')
    expect((await place.run(['trace'])).stdout).toMatch(/^ID +TIME +PLUGIN +METHOD +SECONDS +OUTCOME\n/)
    expect((await place.json('trace', 'nothing')).status).toBe(2)
  })

  test('cannot replay what held a secret', async () => {
    await place.run(['call', 'double', 'SR.attach', 'configuration.password=hunter2'])
    const [{ id }] = (await place.json('trace', '--last', '1')).value as [{ id: string }]
    const { status, value } = await place.json('trace', 'replay', id)
    expect(value).toMatchObject({ error: { message: expect.stringContaining('secrets were removed') } })
    expect(status).toBe(2)
  })

  test('is followed until interrupted', async () => {
    const follower = place.start(['trace', '--follow', '--last', '0', '--json', '--dbg', 'f'])
    let seen = ''
    follower.stdout.on('data', (data) => {
      seen += data
    })
    const ended = new Promise((resolve) => follower.on('close', resolve))
    for (let tries = 0; !seen.includes('Volume.stat') && tries < 20; tries++) {
      await place.run(['call', 'double', 'Volume.stat', 'sr=h', 'key=k'])
    }
    follower.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(JSON.parse(seen.split('\n')[0] ?? '')).toMatchObject({ method: 'Volume.stat' })
  })
})

describe('an interruption', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends the script and the process with status %d', async (signal, status) => {
    const marker = join(place.path, `started-${signal}`)
    const script = `SR.ls) echo $$ > '${marker}'; sleep 600 ;;`
    place.double('volume', `org.xen.xapi.storage.${signal.toLowerCase()}`, ['SR.ls'], script)
    const child = place.start(['call', signal.toLowerCase(), 'SR.ls', 'sr=h'])
    const ended = new Promise((resolve) => child.on('close', resolve))
    await until(() => existsSync(marker))
    child.kill(signal)
    expect(await ended).toBe(status)
  })

  test('a reader that goes away is none', async () => {
    const child = place.start(['--help'])
    let problems = ''
    child.stderr.on('data', (data) => {
      problems += data
    })
    child.stdout.destroy()
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
    expect(problems).toBe('')
  })
})
