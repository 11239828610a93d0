/** Plugins as vendors write them: in shell, Python and C, reading their params in every way there is. */
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type DirectoryResult, dir } from 'tmp-promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { invoke } from '../../src/invoke/invoke.ts'
import { lacks } from '../support/needs.ts'
import { ask, compile, double, errorOf } from './support.ts'

const MEBIBYTE = 'x'.repeat(1024 * 1024)

describe('plugins in shell', () => {
  test('a reader of one line answers', async () => {
    const done = await ask('result')
    expect(done).toMatchObject({
      method: 'Plugin.diagnostics',
      argv: [double('double.sh'), '--json'],
      end: 'exited',
      exitStatus: 0,
      signal: null,
      stderr: '',
      stdoutBytes: 9,
      outcome: { ok: true, value: 'fine', text: '"fine"' },
    })
    expect(done.startedAt).toBeInstanceOf(Date)
    expect(done.duration).toBeGreaterThan(0)
  })

  test('params that hold newlines and quotes arrive as one line', async () => {
    const { outcome } = await ask('echo "a\nb"')
    expect(outcome).toMatchObject({ ok: true, value: '{"dbg":"echo \\"a\\nb\\""}' })
  })

  test('/dev/stdin, /dev/stdout and /dev/stderr can be opened, also once the host has closed its end', async () => {
    const done = await ask('x', { script: double('dev-stdin.sh') })
    expect(done.outcome).toMatchObject({ ok: true, value: 'fine' })
    expect(done.stderr).toBe('read 11 bytes\n')
  })

  test('/dev/stdin takes more than a pipe holds', async () => {
    const done = await ask(MEBIBYTE, { script: double('dev-stdin.sh') })
    expect(done.stderr).toBe(`read ${MEBIBYTE.length + 10} bytes\n`)
  })

  test.each(['x', MEBIBYTE])('params that nobody reads harm nothing', async (dbg) => {
    const { outcome } = await ask(dbg, { script: double('never-reads.sh') })
    expect(outcome).toMatchObject({ ok: true, value: 'did not look' })
  })

  test('a file without #! line is run by /bin/sh', async () => {
    const { outcome } = await ask('x', { script: double('no-interpreter-line') })
    expect(outcome).toMatchObject({ ok: true, value: 'run by sh' })
  })

  test('the whole answer is taken from a process that outlives the script and prints a little later', async () => {
    expect((await ask('late-writer')).outcome).toMatchObject({ ok: true, value: 'late' })
  })

  test('an answer in very many small writes is whole', async () => {
    const done = await ask('drip')
    expect(done.outcome).toMatchObject({ ok: true, value: 'drips', text: '"drips"' })
    expect(done.stdoutBytes).toBe(3008)
  })
})

describe.skipIf(lacks('python3'))('plugins in Python', () => {
  test.each([1, MEBIBYTE.length])('a reader to the end of file gets all of %d bytes', async (length) => {
    const { outcome } = await ask('x'.repeat(length), { script: double('until-eof.py') })
    expect(outcome).toMatchObject({ ok: true, value: `${length + 11} bytes` })
  })

  async function description(more: Parameters<typeof ask>[1] = {}) {
    const { outcome } = await ask('x', { script: double('describe.py'), ...more })
    if (!outcome.ok) throw outcome.error
    return JSON.parse(outcome.value)
  }

  test('what a plugin is started with', async () => {
    const started = await description({ environment: { PATH: '/usr/bin', WORDS: 'two words' } })
    expect(started).toMatchObject({
      line: '{"dbg":"x"}\n',
      rest: '',
      argv: [double('describe.py'), '--json'],
      cwd: '/',
      descriptors: { 0: 'pipe', 1: 'pipe', 2: 'pipe' },
      blocking: [true, true, true],
      leader: true,
    })
    const others = Object.entries(started.descriptors).filter(([descriptor]) => Number(descriptor) > 2)
    expect(others.every(([, what]) => what === '/dev/null')).toBe(true)
    expect(started.environment).toMatchObject({ PATH: '/usr/bin', WORDS: 'two words' })
    expect(Object.keys(started.environment)).not.toContain('HOME')
  })

  test('without an environment of its own, the allow-list', async () => {
    const { environment } = await description()
    expect(environment.PATH).toBe(process.env.PATH)
    expect(environment).not.toHaveProperty('VITEST')
  })

  test('a plugin of a single file is told the method', async () => {
    const { argv } = await description({ shape: 'file' })
    expect(argv).toEqual([double('describe.py'), 'Plugin.diagnostics', '--json'])
  })

  test('params are in the order of declaration, those of API 3.0 first', async () => {
    const configuration = { uri: 'file:///sr' }
    const params = { configuration, dbg: 'x' }
    const script = double('describe.py')
    const call = { method: 'SR.attach', script, shape: 'directory', params } as const
    const plain = await invoke(call)
    if (!plain.outcome.ok) throw plain.outcome.error
    expect(JSON.parse(plain.outcome.value).line).toBe('{"dbg":"x","configuration":{"uri":"file:///sr"}}\n')
    const old = await invoke({ ...call, extraParams: { uri: configuration.uri } })
    if (!old.outcome.ok) throw old.outcome.error
    expect(JSON.parse(old.outcome.value).line).toMatch(/^\{"uri":"file:\/\/\/sr","dbg":"x","configuration"/)
  })

  test('a size of 2^63 − 1 arrives to the last digit', async () => {
    const params = { dbg: 'x', sr: 's', key: 'k', new_size: 2n ** 63n - 1n }
    const { outcome } = await invoke({
      method: 'Volume.resize',
      script: double('describe.py'),
      shape: 'directory',
      params,
      repair: (result) => {
        expect(String(result)).toContain('9223372036854775807}')
        return null
      },
    })
    expect(outcome).toMatchObject({ ok: true, value: null })
  })
})

describe.skipIf(lacks('cc'))('plugins in C', () => {
  let directory: DirectoryResult
  beforeAll(async () => {
    directory = await dir({ unsafeCleanup: true })
    compile('reader.c', join(directory.path, 'reader'))
    symlinkSync('reader', join(directory.path, 'until-eof'))
  })
  afterAll(() => directory.cleanup())

  test.each(['reader', 'until-eof'])('%s, told by its name what to do', async (name) => {
    const { outcome } = await ask('x', { script: join(directory.path, name) })
    expect(outcome).toMatchObject({ ok: true, value: '12 bytes' })
  })
})

describe('params that do not fit', () => {
  test('are an outcome, and nothing is started', async () => {
    const done = await ask('x', { script: '/nonexistent/script', params: { dbg: 7 } as never })
    expect(errorOf(done)).toMatchObject({ kind: 'BAD_PARAMETERS', fault: 'caller' })
    expect(done).toMatchObject({ end: 'not-started', exitStatus: null, stdoutBytes: 0 })
  })
})
