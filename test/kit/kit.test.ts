import { once } from 'node:events'
import { cp, link, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa, execaSync } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { definePlugin } from '../../src/kit/index.ts'
import { answerOf, build, call, run, temporaryDirectory } from './run.ts'

const MAX_INT64 = '9223372036854775807'

let root: string
let plugin: string
let remove: () => Promise<void>

const script = (method: string) => join(plugin, method)
const stat = (key: string) => call(script('Volume.stat'), { dbg: '', sr: 's', key })

beforeAll(async () => {
  const directory = await temporaryDirectory()
  root = directory.path
  remove = directory.remove
  plugin = join(root, 'demo')
  await mkdir(plugin)
  await build(plugin, `import ${JSON.stringify(join(import.meta.dirname, 'fixture.ts'))}\n`)
})

afterAll(() => remove())

describe('a plugin as the toolstack runs it', () => {
  test('declares no feature that it is told not to, whatever methods it has', async () => {
    const query = {
      plugin: 'x',
      name: 'x',
      description: '',
      vendor: '',
      copyright: '',
      version: '1',
      configuration: {},
    }
    const { methods } = definePlugin({
      query: { ...query, undeclared: ['VDI_MIRROR'] },
      Data: { mirror: () => ['MirrorV1', '1'] },
    })
    expect(await methods.get('Plugin.query')?.({ dbg: '' }, {} as never)).toEqual({
      ...query,
      required_api_version: '5.0',
      features: [],
      required_cluster_stack: [],
    })
  })

  test('answers Plugin.query with the features that its methods imply', async () => {
    const { status, stdout, stderr } = await call(script('Plugin.query'), { dbg: '' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({
      plugin: 'demo',
      name: 'Demo',
      description: 'A plugin for tests',
      vendor: 'smapiv3',
      copyright: 'MIT',
      version: '1.0',
      required_api_version: '5.0',
      // Volume.enable_cbt alone does not make VDI_CONFIG_CBT, and VDI_CLONE/2 implies VDI_CLONE.
      features: [
        'VDI_CLONE/2',
        'THIN_PROVISIONING',
        'SR_PROBE',
        'SR_ATTACH',
        'SR_DETACH',
        'SR_SCAN',
        'VDI_CREATE',
        'VDI_UPDATE',
      ],
      configuration: { uri: 'Where it is' },
      required_cluster_stack: [],
    })
  })

  test('has diagnostics without having to write them', async () => {
    expect(answerOf(await call(script('Plugin.diagnostics'), { dbg: '' }))).toBe(
      `Demo 1.0 on Node.js ${process.version}`,
    )
  })

  const params = { dbg: 'multi\nline', configuration: { uri: 'file:///ü “x”' } }
  test.each([
    ['on one line', `${JSON.stringify(params)}\n`],
    ['without a newline', JSON.stringify(params)],
    ['over several lines', JSON.stringify(params, null, 2)],
    ['after an empty line', `\n${JSON.stringify(params)}\n`],
    ['with parameters it does not know', JSON.stringify({ future: 1, ...params })],
  ])('reads a request %s', async (_how, input) => {
    const answer = await run(script('SR.attach'), ['--json'], { input })
    expect(answer).toEqual({ status: 0, stderr: '', stdout: expect.stringMatching(/^".*"\n$/) })
    expect(JSON.parse(answerOf(answer) as string)).toEqual(params.configuration)
  })

  test('answers as soon as one line is complete, though stdin stays open', async () => {
    const child = execa(script('SR.attach'), ['--json'], { timeout: 200_000 })
    child.stdin?.write('{"dbg":"","configuration":{}}\n')
    expect((await child).stdout).toBe('"{}"')
  })

  test('reads a request longer than a pipe holds, with characters that chunks cut in two', async () => {
    const uri = '€'.repeat(100_000)
    const answer = await call(script('SR.attach'), { dbg: '', configuration: { uri } })
    expect(JSON.parse(answerOf(answer) as string)).toEqual({ uri })
  })

  test('prints null for a method without a result', async () => {
    expect(await call(script('SR.detach'), { dbg: '', sr: 's' })).toEqual({ status: 0, stdout: 'null\n', stderr: '' })
  })

  test('keeps every bit of an int64, both ways', async () => {
    const input = `{"dbg":"","sr":"s","name":"n","description":"","size":${MAX_INT64},"sharable":true}`
    const { status, stdout } = await run(script('Volume.create'), ['--json'], { input })
    expect(status).toBe(0)
    expect(stdout).toContain(`"virtual_size":${MAX_INT64},`)
  })

  test('writes a tag without payload as every reader takes it, and leaves out what is undefined', async () => {
    const volume = answerOf(await stat('optional'))
    expect(volume).toHaveProperty('volume_type', ['CBT_Metadata', null])
    expect(volume).not.toHaveProperty('uuid')
  })

  test('keeps what the plugin logs away from the result', async () => {
    const answer = await stat('noisy')
    expect(answerOf(answer)).toHaveProperty('key', 'vol-1')
    expect(answer.stderr).toBe('a message of the plugin\n')
  })

  test('ends though the plugin left a timer running', async () => {
    expect((await stat('lingering')).status).toBe(0)
  })

  test('prints a result of 40 MB to a reader that is slow', async () => {
    const count = 150_000
    const command = `'${script('SR.ls')}' --json | dd bs=4096 status=none | { head -c 12; wc -c; }`
    const input = `{"dbg":"","sr":"${count}"}`
    const { stdout } = await execa('sh', ['-c', command], { input, timeout: 200_000 })
    const { stdout: one } = await run(script('SR.ls'), ['--json'], { input: '{"dbg":"","sr":"1"}' })
    const [start, rest] = [stdout.slice(0, 12), Number(stdout.slice(12))]
    expect(start).toBe('[{"key":"0",')
    const digits = Array.from({ length: count }, (_, index) => String(index).length - 1).reduce((a, b) => a + b)
    const volume = Buffer.byteLength(one) - '[]\n'.length
    expect(start.length + rest).toBe(count * volume + digits + (count - 1) + '[]\n'.length)
    expect(rest).toBeGreaterThan(40_000_000)
  })

  test('dies of a signal like any process', async () => {
    const child = execa(script('SR.attach'), ['--json'], { reject: false, timeout: 200_000 })
    await once(child, 'spawn')
    child.kill('SIGTERM')
    expect((await child).signal).toBe('SIGTERM')
  })
})

describe('a failure as the toolstack reads it', () => {
  const failed = (params: unknown[], code = 'SR_BACKEND_FAILURE') => ({
    code,
    params,
    backtrace: { error: expect.any(String), files: expect.any(Array), lines: expect.any(Array) },
  })

  test.each([
    ['of the interface', 'missing', ['Volume_does_not_exist', 'missing'], 'SR_BACKEND_FAILURE'],
    ['with a number', 'numbered', ['VDI Invalid size', 'shrinking not allowed'], 'SR_BACKEND_FAILURE_79'],
    ['of any class', 'bug', ['SyntaxError', expect.stringContaining('JSON')], 'SR_BACKEND_FAILURE'],
    ['that is only text', 'text', ['Error', 'only text'], 'SR_BACKEND_FAILURE'],
    ['outside of the method', 'stray', ['Error', 'thrown by a timer'], 'SR_BACKEND_FAILURE'],
    ['to ever answer', 'never', ['Error', 'Volume.stat ended without an answer'], 'SR_BACKEND_FAILURE'],
  ])('is an error object: a failure %s', async (_what, key, params, code) => {
    const answer = await stat(key)
    expect(answer).toMatchObject({ status: 1, stderr: '' })
    expect(answerOf(answer)).toEqual(failed(params, code))
  })

  test('tells where it happened, outermost frame first', async () => {
    const { backtrace } = answerOf(await stat('bug')) as { backtrace: { files: string[]; lines: number[] } }
    expect(backtrace.files.length).toBe(backtrace.lines.length)
    expect(backtrace.files).toContain(join(plugin, 'plugin.cjs'))
    expect(backtrace.lines.every((line) => Number.isInteger(line) && line > 0)).toBe(true)
    const { stdout } = await execa('sed', ['-n', `${backtrace.lines.at(-1)}p`, backtrace.files.at(-1) ?? ''], {
      reject: false,
    })
    expect(stdout).toContain('JSON.parse("{")')
  })

  test.each([
    ['wrong', 'virtual_size must be a 64-bit integer, not "big"'],
    ['inexact', 'virtual_size must be a 64-bit integer, not 11529'],
    ['nothing', 'the value must be an object, not absent'],
  ])('is told, on stderr too, where a result is none: %s', async (key, problem) => {
    const answer = await stat(key)
    const message = `Volume.stat returned no result of it: ${problem}`
    expect(answer.status).toBe(1)
    expect(answerOf(answer)).toEqual(failed(['WrongResult', expect.stringContaining(message)]))
    expect(answer.stderr).toContain(message)
  })

  test.each([
    ['a parameter that is missing', { dbg: '', sr: 's' }, 'UnmarshalException thing=argument missing ty=key desc='],
    ['a string that is none', { dbg: '', sr: 's', key: 7 }, 'TypeError expected=string actual=7'],
    ['null', { dbg: null, sr: 's', key: 'k' }, 'TypeError expected=string actual=null'],
    ['no object', ['secret'], 'TypeError expected=dict actual=list'],
  ])('names %s', async (_what, params, message) => {
    const answer = await call(script('Volume.stat'), params)
    expect(answer).toMatchObject({ status: 1, stderr: '' })
    expect(answerOf(answer)).toEqual(failed([message.replace(/ .*/, ''), message]))
  })

  test.each([
    ['a size beyond 64 bits', '9223372036854775808', 'int64 actual=9223372036854775808'],
    ['a size that is text', '"12"', 'int64 actual="12"'],
    ['a negative size', '-1', 'int64 actual=-1'],
    ['a size with a fraction', '1.5', 'int64 actual=1.5'],
  ])('names %s', async (_what, size, message) => {
    const input = `{"dbg":"","sr":"s","name":"n","description":"","size":${size},"sharable":true}`
    const answer = await run(script('Volume.create'), ['--json'], { input })
    expect(answerOf(answer)).toEqual(failed(['TypeError', `TypeError expected=${message}`]))
  })

  test('repeats no secret', async () => {
    const configuration = { uri: 'file:///x', password: 'hunter2' }
    const answers = [
      await call(script('SR.probe'), { dbg: '', configuration }),
      await call(script('SR.probe'), { dbg: '', configuration: { ...configuration, port: 7 } }),
      await call(script('SR.probe'), { dbg: '', configuration: 'hunter2' }),
      await run(script('SR.probe'), ['--json'], { input: '{"dbg":"","configuration":{"password":"hunter2"' }),
      await run(script('SR.probe'), ['', '--configuration', 'password', 'hunter2']),
    ]
    for (const { status, stdout, stderr } of answers) {
      expect(status).toBe(1)
      expect(stdout + stderr).not.toContain('hunter2')
    }
    expect(answerOf(answers[0] ?? expect.fail())).toEqual(failed(['Error', 'mount failed: user=u,password=***']))
  })

  test.each([
    ['is empty', ''],
    ['is not JSON', 'dbg=x\n'],
    ['ends too early', '{"dbg":'],
    ['has more after the object', '{"dbg":""} {}\n'],
    ['is not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('is text on stderr alone where the request %s', async (_how, input) => {
    const answer = await run(script('Plugin.query'), ['--json'], { input })
    expect(answer).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining('SyntaxError') })
  })

  test('is Unimplemented where the plugin lacks the method', async () => {
    await symlink('plugin.cjs', script('Volume.Destroy'))
    const answer = await call(script('Volume.Destroy'), { dbg: '', sr: 's', key: 'k' })
    expect(answer.status).toBe(1)
    expect(answerOf(answer)).toEqual(failed(['Unimplemented', 'Volume.destroy']))
  })

  test('of the reader does not look like success', async () => {
    const command = `{ '${script('SR.ls')}' --json 2>&1; echo "status $?" >&2; } | true`
    const { stderr } = await execa('sh', ['-c', command], { input: '{"dbg":"","sr":"10000"}' })
    expect(stderr).toContain('status 1')
  })
})

describe('a plugin wherever it stands', () => {
  // Where Node.js is not in the shell's default PATH, an empty environment is one with nothing but its directory.
  const inDefaultPath = execaSync('env', ['-i', '/bin/sh', '-c', 'command -v node'], { reject: false }).exitCode === 0
  const env: Record<string, string> = inDefaultPath ? {} : { PATH: dirname(process.execPath) }
  const query = (path: string) => call(path, { dbg: '' }, { env })
  const answers = { status: 0, stderr: '', stdout: expect.stringContaining('"plugin":"demo"') }

  test.each(['commonjs', 'module'])('runs in an empty environment, below a package of type %s', async (type) => {
    const parent = join(root, type)
    await mkdir(parent)
    await writeFile(join(parent, 'package.json'), JSON.stringify({ type }))
    await cp(plugin, join(parent, 'links'), { recursive: true, verbatimSymlinks: true })
    await execa('cp', ['-rL', plugin, join(parent, 'copies')])
    await mkdir(join(parent, 'hard'))
    await link(join(parent, 'copies', 'plugin.cjs'), join(parent, 'hard', 'Plugin.query'))
    await symlink(join(parent, 'links'), join(parent, 'alias'))
    expect(await readdir(join(parent, 'copies'))).toEqual(await readdir(plugin))
    for (const directory of ['links', 'copies', 'hard', 'alias']) {
      expect(await query(join(parent, directory, 'Plugin.query')), directory).toEqual(answers)
    }
  })

  test('answers to a name in other letter case, as older toolstacks spell it', async () => {
    await symlink('plugin.cjs', script('Plugin.Query'))
    expect(await query(script('Plugin.Query'))).toEqual(answers)
  })

  test('is found with a relative path', async () => {
    const { stdout } = await execa('sh', ['-c', './Plugin.query --json && sh Plugin.query --json </dev/null'], {
      cwd: plugin,
      input: '{"dbg":""}\n',
      reject: false,
    })
    expect(stdout).toContain('"plugin":"demo"')
  })

  test('is a plugin in a single file too', async () => {
    const file = join(root, 'single')
    await cp(script('plugin.cjs'), file)
    const input = '{"dbg":""}'
    expect(await run(file, ['Plugin.query', '--json'], { input, env })).toEqual(answers)
    expect(await run(file, ['plugin.Query', 'dbg'], { env })).toEqual(answers)
    expect((await run(file, ['--methods'])).stdout).toBe((await run(script('plugin.cjs'), ['--methods'])).stdout)
    expect(await run(file, [])).toMatchObject({ status: 2, stdout: '' })
    expect(await run(file, ['Volume.eat', '--json'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('Volume.eat'),
    })
    expect(await run(file, ['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('Volume.create') })
  })
})
