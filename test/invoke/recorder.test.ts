import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DirectoryResult, dir } from 'tmp-promise'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Smapiv3Error } from '../../src/contract/errors.ts'
import { type Invocation, invoke } from '../../src/invoke/invoke.ts'
import { Recorder } from '../../src/invoke/recorder.ts'
import { ask, double } from './support.ts'

let temporary: DirectoryResult
let trace: string

beforeEach(async () => {
  temporary = await dir({ unsafeCleanup: true })
  trace = join(temporary.path, 'state', 'trace')
})
afterEach(() => temporary.cleanup())

test('a call can be looked up afterwards, whatever came of it', async () => {
  const recorder = new Recorder(trace)
  const good = await ask('result', { recorder })
  const bad = await ask('fails-silently', { recorder })
  const missing = await ask('x', { recorder, script: '/nonexistent/Plugin.diagnostics' })
  const { records, damaged } = new Recorder(trace).list()
  expect(damaged).toEqual([])
  expect(records.map(({ id }) => id)).toEqual([good.id, bad.id, missing.id])
  expect(records[0]).toMatchObject({
    method: 'Plugin.diagnostics',
    script: double('double.sh'),
    shape: 'directory',
    argv: [double('double.sh'), '--json'],
    stdin: '{"dbg":"result"}',
    stdinExact: true,
    stdout: '"fine"',
    stderr: '',
    exitStatus: 0,
    signal: null,
    end: 'exited',
    outcome: { ok: true },
  })
  expect(recorder.read(bad.id)).toMatchObject({
    exitStatus: 7,
    stderr: 'cannot reach the array\n',
    outcome: { ok: false, error: { code: 'SCRIPT_BAD_ERROR', fault: 'plugin' } },
  })
  expect(records[2]).toMatchObject({ end: 'not-started', exitStatus: null })
  expect(recorder.list({ last: 1 }).records.map(({ id }) => id)).toEqual([missing.id])
})

test('nobody else may read it', async () => {
  await mkdir(trace, { recursive: true, mode: 0o755 })
  await chmod(trace, 0o755)
  const { id } = await ask('result', { recorder: new Recorder(trace) })
  expect((await stat(trace)).mode & 0o777).toBe(0o700)
  expect((await stat(join(trace, `${id}.json`))).mode & 0o777).toBe(0o600)
})

test('a file that is not whole is never seen under the name of a record', async () => {
  await ask('result', { recorder: new Recorder(trace) })
  expect((await readdir(trace)).every((name) => name.endsWith('.json'))).toBe(true)
})

test('a limit of 0 keeps nothing', async () => {
  await ask('result', { recorder: new Recorder(trace, { limit: 0 }) })
  await expect(stat(trace)).rejects.toMatchObject({ code: 'ENOENT' })
})

describe('secrets', () => {
  const SECRET = 'correct horse/battery'

  async function record(lines: string, configuration: Record<string, string>): Promise<string> {
    const script = join(temporary.path, 'SR.create')
    await writeFile(script, `#!/bin/sh\nread -r params\n${lines}\n`, { mode: 0o755 })
    const params = { dbg: 'x', uuid: 'u', configuration, name: 'n', description: 'd' }
    const recorder = new Recorder(trace)
    const extraParams = { uri: configuration.uri }
    await invoke({ method: 'SR.create', script, shape: 'directory', params, extraParams, recorder })
    const { records } = recorder.list()
    expect(records).toHaveLength(1)
    expect(records[0]?.stdinExact).toBe(false)
    return readFile(join(trace, `${records[0]?.id}.json`), 'utf8')
  }

  const CONFIGURATION = {
    uri: `smb://user:${encodeURIComponent(SECRET)}@server/share`,
    password: SECRET,
  }

  test.each([
    ['a result', `printf '{"password":"${SECRET}","uri":"smb://x:other-secret@h/"}'; echo '${SECRET}' >&2`],
    ['broken JSON', `printf '{"password":"${SECRET}", see smb://x:other-secret@h/'; echo "$params" >&2`],
    [
      'an error object',
      `printf '{"code":"C","params":["${SECRET}"],"backtrace":{"error":"${SECRET}","files":[],"lines":[]}}'; exit 1`,
    ],
    ['a whole echo of the params', 'echo "$params"; exit 1'],
  ])('are in no record of %s', async (_, lines) => {
    const text = await record(lines, CONFIGURATION)
    expect(text).toContain('server/share')
    for (const secret of [SECRET, encodeURIComponent(SECRET), 'other-secret']) expect(text).not.toContain(secret)
  })
})

test('long texts are cut', async () => {
  const recorder = new Recorder(trace)
  const { id } = await ask(`flood-stderr ${'é'.repeat(200_000)}`, { recorder })
  const record = recorder.read(id)
  expect(record.stdin.length).toBeLessThan(65 * 1024)
  expect(record.stdinExact).toBe(false)
  expect(record.stderr.length).toBeLessThan(65 * 1024)
  await ask('flood', { recorder, outputLimit: 10_000_000, killGrace: 0.1 })
  expect(recorder.list({ last: 1 }).records[0]?.stdout.length).toBeLessThan(65 * 1024)
})

test('the oldest are removed, also with several recorders at once', async () => {
  const recorders = [1, 2, 3].map(() => new Recorder(trace, { limit: 10 }))
  const done: Invocation<'Plugin.diagnostics'>[] = []
  const sample = await ask('result')
  const call = { method: 'Plugin.diagnostics', script: '/s', shape: 'directory', params: { dbg: 'x' } } as const
  const { newId } = await import('../../src/invoke/id.ts')
  for (let round = 0; round < 40; round += 1) {
    await Promise.all(
      recorders.map((recorder) => {
        const invocation = { ...sample, id: newId() }
        done.push(invocation)
        return recorder.record({ call, invocation, stdout: Buffer.from('"fine"') })
      }),
    )
  }
  expect((await readdir(trace)).length).toBeLessThanOrEqual(10 + 3 * 9)
  const newest = done.map(({ id }) => id).slice(-10)
  expect((await recorders[0]?.list())?.records.map(({ id }) => id)).toEqual(newest)
})

test('what a killed process left half written is removed in time', async () => {
  await mkdir(trace, { recursive: true })
  const old = join(trace, '0mwtxks5z-002lf-0001.tmp'.replace(/^0mwt/, '0aaa'))
  await writeFile(old, '{"id":')
  await utimes(old, 0, 0)
  const recorder = new Recorder(trace, { limit: 8 })
  const sample = await ask('result', { recorder })
  const call = { method: 'Plugin.diagnostics', script: '/s', shape: 'directory', params: { dbg: 'x' } } as const
  for (let round = 0; round < 10; round += 1) {
    await recorder.record({ call, invocation: sample, stdout: Buffer.from('') })
  }
  expect((await readdir(trace)).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

describe('what cannot be read', () => {
  test('damaged records are named and passed over', async () => {
    const recorder = new Recorder(trace)
    const ids = [(await ask('result', { recorder })).id, (await ask('result', { recorder })).id]
    const { id } = await ask('result', { recorder })
    await writeFile(join(trace, `${ids[0]}.json`), '{"id":"0m')
    await writeFile(join(trace, `${ids[1]}.json`), '[1]')
    await writeFile(join(trace, 'README'), 'not ours')
    const { records, damaged } = recorder.list()
    expect(records.map((record) => record.id)).toEqual([id])
    expect(damaged.map((record) => record.id)).toEqual(ids)
    expect(() => recorder.read(ids[0] ?? '')).toThrow(expect.objectContaining({ kind: 'STATE_UNUSABLE' }))
  })

  test('an unknown id, or one that would leave the directory', async () => {
    const recorder = new Recorder(trace)
    await writeFile(join(temporary.path, 'secret.json'), '{}')
    for (const id of ['0mwtxks5z-002lf-0001', '../../secret', '']) {
      expect(() => recorder.read(id)).toThrow(expect.objectContaining({ kind: 'USAGE' }))
    }
  })

  test('no directory yet is an empty trace', async () => {
    expect(new Recorder(trace).list()).toEqual({ records: [], damaged: [] })
  })
})

test('a trace that cannot be written fails no call and is reported once', async () => {
  const failures: Smapiv3Error[] = []
  await writeFile(join(temporary.path, 'file'), '')
  const recorder = new Recorder(join(temporary.path, 'file', 'trace'), { onFailure: (error) => failures.push(error) })
  expect((await ask('result', { recorder })).outcome.ok).toBe(true)
  expect((await ask('result', { recorder })).outcome.ok).toBe(true)
  expect(failures).toHaveLength(1)
  expect(failures[0]).toBeInstanceOf(Smapiv3Error)
  expect(failures[0]).toMatchObject({ kind: 'STATE_UNUSABLE', fault: 'host' })
})
