/** Copies and mirrors: how they are shown and how they end, on scripted plugins. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { demoDatapathPlugin, demoVolumePlugin, type ScriptedPlugin } from '../support/scripted-plugin.ts'
import { MAIN, Place, until } from './smapiv3.ts'

const SR = '11111111-1111-1111-1111-111111111111'
const TO = 'nbd://user:hunter2@host/disk'
const MIRROR = ['MirrorV1', 'job-17']
const COPY = ['CopyV1', 'job-18']
const BLOCKS = { blocksize: 65536, ranges: [[0, 2]] }

let place: Place
let datapath: ScriptedPlugin

beforeEach(async () => {
  place = await Place.make()
  demoVolumePlugin(place.root)
  datapath = demoDatapathPlugin(place.root)
  datapath.answer('Data.mirror', MIRROR)
  datapath.answer('Data.copy', COPY)
  datapath.answer('Data.stat', { failed: false, complete: true, progress: 1 })
  datapath.answer('Data.cancel', null)
  datapath.answer('Data.destroy', null)
  datapath.answer('Data.ls', [COPY, MIRROR])
  const attached = await place.json('sr', 'attach', 'demo', '--uuid', SR, 'uri=demo:///x')
  expect(attached.status).toBe(0)
})

afterEach(() => place.remove())

function methods(): string[] {
  return datapath.calls().map(({ method }) => method)
}

describe('a mirror', () => {
  test('of a volume goes through the datapath that its domain uses, and goes on in the end', async () => {
    const words = ['--dbg', 'why', 'data', 'mirror', SR, 'vol-1', '--to', TO, '--domain', '7']
    const { status, value, stderr } = await place.json(...words)
    const complete = { failed: false, complete: true, progress: 1 }
    expect({ status, value, stderr }).toEqual({
      status: 0,
      value: { datapath: 'demo', operation: MIRROR, ...complete },
      stderr: '',
    })
    const params = { dbg: 'why', uri: 'demo:///vol-1', domain: '7', remote: TO }
    expect(datapath.calls()).toEqual([
      { method: 'Data.mirror', params },
      { method: 'Data.stat', params: { dbg: 'why', operation: MIRROR } },
    ])
  })

  test('of a URI needs no SR', async () => {
    expect((await place.run(['data', 'mirror', 'DEMO:///vol-1', '--to', TO])).status).toBe(0)
    expect(datapath.calls()[0]?.params).toMatchObject({ uri: 'DEMO:///vol-1', domain: 'u0_smapiv3' })
  })

  test('is not waited for with --no-wait', async () => {
    const words = ['data', 'mirror', SR, 'vol-1', '--to', TO, '--no-wait']
    expect((await place.json(...words)).value).toEqual({ datapath: 'demo', operation: MIRROR })
    expect(methods()).toEqual(['Data.mirror'])
    expect((await place.run(words)).stdout).toContain('`smapiv3 data stat demo mirror:job-17`')
  })

  test('shows each step as one line of JSON, the last one the final status', async () => {
    datapath.answer('Data.stat', { failed: false, complete: false, progress: 0.25 })
    const child = place.start(['data', 'mirror', SR, 'vol-1', '--to', TO])
    let printed = ''
    child.stdout.on('data', (data) => {
      printed += data
    })
    const ended = new Promise((resolve) => child.on('close', resolve))
    await until(() => printed.includes('0.25'))
    await until(() => methods().filter((method) => method === 'Data.stat').length > 2)
    datapath.answer('Data.stat', { failed: false, complete: false })
    await until(() => printed.split('\n').length === 3)
    datapath.answer('Data.stat', { failed: false, complete: true, progress: 1 })
    expect(await ended).toBe(0)
    const lines = printed.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      [
        { failed: false, complete: false, progress: 0.25 },
        { failed: false, complete: false },
        { failed: false, complete: true, progress: 1 },
      ].map((status) => ({ datapath: 'demo', operation: MIRROR, ...status })),
    )
  })

  test('on a terminal is a bar that is gone in the end', async () => {
    datapath.answer('Data.stat', { failed: false, complete: false, progress: 0.5 })
    const command = [process.execPath, MAIN, 'data', 'mirror', SR, 'vol-1', '--to', TO].join(' ')
    const env = { ...place.environment(), TERM: 'xterm', COLUMNS: '80' }
    const running = promisify(execFile)('script', ['-qec', `stty cols 40; ${command}`, '/dev/null'], { env })
    let printed = ''
    running.child.stdout?.on('data', (data) => {
      printed += data
    })
    await until(() => printed.includes('50 %'))
    datapath.answer('Data.stat', { failed: false, complete: true, progress: 1 })
    await running
    expect(printed).toContain(`\r[${'#'.repeat(16)}${'-'.repeat(16)}] 50 %\u001b[K`)
    const last = 'In sync; every write goes to both until `smapiv3 data destroy demo mirror:job-17`.'
    expect(printed.endsWith(`\r\u001b[K${last}\r\n`)).toBe(true)
  })

  test('that fails is an error of the plugin, and is forgotten', async () => {
    datapath.answer('Data.stat', { failed: true, complete: false, progress: 0.5 })
    const { status, value, stderr } = await place.json('data', 'mirror', SR, 'vol-1', '--to', TO)
    expect(value).toMatchObject({ error: { code: 'OPERATION_FAILED', fault: 'plugin' } })
    expect(status).toBe(1)
    expect(stderr).toContain('MirrorV1 job-17')
    expect(stderr).not.toContain('hunter2')
    expect(methods()).toEqual(['Data.mirror', 'Data.stat', 'Data.cancel', 'Data.destroy'])
    const lines = await place.run(['data', 'mirror', SR, 'vol-1', '--to', TO])
    expect(lines.status).toBe(1)
    expect(JSON.parse(lines.stdout)).toMatchObject({ failed: true, complete: false, progress: 0.5 })
  })

  test('is cancelled and forgotten by Ctrl-C', async () => {
    datapath.answer('Data.stat', { failed: false, complete: false, progress: 0.25 })
    const child = place.start(['data', 'mirror', SR, 'vol-1', '--to', TO])
    const ended = new Promise((resolve) => child.on('close', resolve))
    await until(() => methods().includes('Data.stat'))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(methods().slice(-2)).toEqual(['Data.cancel', 'Data.destroy'])
  })

  test('that cannot be started leaves nothing to cancel', async () => {
    datapath.fail('Data.mirror', ['ServerUnreachableError', 'nobody listens'])
    const { status, value } = await place.json('data', 'mirror', SR, 'vol-1', '--to', TO)
    expect(value).toMatchObject({ error: { params: ['ServerUnreachableError', 'nobody listens'] } })
    expect(status).toBe(1)
    expect(methods()).toEqual(['Data.mirror'])
  })
})

describe('a copy', () => {
  test('is of the whole volume, and forgotten in the end', async () => {
    const { value } = await place.json('data', 'copy', SR, 'vol-1', '--to', TO)
    expect(value).toMatchObject({ operation: COPY, complete: true })
    const [copied, ...rest] = datapath.calls()
    expect(copied?.params).toMatchObject({ blocklist: { blocksize: 65536, ranges: [[0, 16]] } })
    expect(rest.map(({ method }) => method)).toEqual(['Data.stat', 'Data.destroy'])
  })

  test('or of the blocks of a file, or of standard input', async () => {
    const file = join(place.path, 'blocks')
    writeFileSync(file, JSON.stringify(BLOCKS))
    const words = ['data', 'copy', 'demo:///vol-1', '--to', TO, '--blocks']
    expect((await place.run([...words, file])).status).toBe(0)
    expect((await place.run([...words, '-'], { input: JSON.stringify(BLOCKS) })).status).toBe(0)
    const copies = datapath.calls().filter(({ method }) => method === 'Data.copy')
    expect(copies.map(({ params }) => params.blocklist)).toEqual([BLOCKS, BLOCKS])
  })

  test.each<[string, string]>([
    ['[', 'JSON'],
    ['{"blocksize":65536,"ranges":[[1]]}', 'ranges[0] must be an array of 2'],
    ['{}', 'blocksize'],
  ])('refuses %s as a list of blocks', async (input, problem) => {
    const words = ['--json', 'data', 'copy', SR, 'vol-1', '--to', TO, '--blocks', '-']
    const { status, stdout } = await place.run(words, { input })
    expect({ status, ...JSON.parse(stdout).error }).toMatchObject({ status: 2, code: 'USAGE' })
    expect(stdout).toContain(problem)
    expect(methods()).toEqual([])
  })
})

test.each<[number, string, string[]]>([
  [2, 'USAGE', ['mirror', SR, 'vol-1']],
  [2, 'USAGE', ['mirror', SR, '--to', TO]],
  [2, 'USAGE', ['copy', 'demo:///vol-1', '--to', TO]],
  [2, 'USAGE', ['stat', 'demo', 'job-17']],
  [4, 'NO_SUCH_PLUGIN', ['mirror', 'other:///vol-1', '--to', TO]],
  [4, 'NO_SUCH_PLUGIN', ['stat', 'other', 'mirror:job-17']],
  [4, 'NO_SUCH_SR', ['mirror', 'nothing', 'vol-1', '--to', TO]],
])('%d %s: data %j', async (status, code, words) => {
  const answered = await place.json('data', ...words)
  expect(answered.value).toMatchObject({ error: { code } })
  expect(answered.status).toBe(status)
})

test('what goes on is listed, looked at, cancelled and forgotten by its name', async () => {
  datapath.answer('Data.stat', { failed: true, complete: false }, 'job-18')
  const { value } = await place.json('data', 'ls')
  const mirrored = { datapath: 'demo', operation: MIRROR, failed: false, complete: true, progress: 1 }
  expect(value).toEqual([{ datapath: 'demo', operation: COPY, failed: true, complete: false }, mirrored])
  expect((await place.run(['data', 'ls', 'demo'])).stdout).toMatch(
    /^DATAPATH +OPERATION +STATE\ndemo +copy:job-18 +failed\ndemo +mirror:job-17 +complete\n$/,
  )
  expect((await place.json('data', 'stat', 'demo', 'mirror:job-17')).value).toEqual(mirrored)
  datapath.takeMethods()
  for (const verb of ['cancel', 'destroy'])
    expect(await place.json('data', verb, 'demo', 'mirror:job-17')).toEqual({ status: 0, value: null, stderr: '' })
  expect(datapath.calls().map(({ method, params }) => [method, params.operation])).toEqual([
    ['Data.cancel', MIRROR],
    ['Data.destroy', MIRROR],
  ])
})

test('a plugin that cannot list its operations does not hide those of others', async () => {
  const other = demoDatapathPlugin(place.root, 'other')
  other.fail('Data.ls', ['broken'])
  const { value, status, stderr } = await place.json('data', 'ls')
  expect(value).toHaveLength(2)
  expect(status).toBe(0)
  expect(stderr).toContain('broken')
  expect((await place.json('data', 'ls', 'other')).status).toBe(1)
})
