import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerOf, build, run, temporaryDirectory } from './run.ts'

let plugin: string
let remove: () => Promise<void>

const type = (method: string, ...words: string[]) => run(join(plugin, method), words)

beforeAll(async () => {
  const directory = await temporaryDirectory()
  plugin = directory.path
  remove = directory.remove
  await build(plugin, `import ${JSON.stringify(join(import.meta.dirname, 'fixture.ts'))}\n`)
})

afterAll(() => remove())

describe('params as arguments', () => {
  test('attach an SR as boot-time tools do it', async () => {
    const words = ['static-vdis', '--configuration', 'device', '/dev/sdb', '--configuration', 'provider', '-x']
    const answer = await type('SR.attach', ...words)
    expect(answer).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(answerOf(answer) as string)).toEqual({ device: '/dev/sdb', provider: '-x' })
  })

  test('may have options anywhere, or none', async () => {
    expect(answerOf(await type('SR.attach', '--configuration', 'a', 'b', 'dbg'))).toBe('{"a":"b"}')
    expect(answerOf(await type('SR.attach', 'dbg'))).toBe('{}')
  })

  test('take integers exactly, in every notation of the interface, and booleans in any case', async () => {
    const sizes = { '9223372036854775807': '9223372036854775807', '0x10': '16', '1_000': '1000' }
    for (const [size, bytes] of Object.entries(sizes)) {
      const { status, stdout } = await type('Volume.create', 'dbg', 'sr', 'name', '', size, 'TRUE')
      expect(status).toBe(0)
      expect(stdout).toContain(`"virtual_size":${bytes},`)
      expect(stdout).toContain('"sharable":true')
    }
  })

  test('take negative integers, and after -- whatever there is', async () => {
    expect(answerOf(await type('Volume.list_changed_blocks', 'dbg', 'sr', 'a', 'b', '0', '-1'))).toEqual({
      granularity: 65536,
      bitmap: '0 -1',
    })
    const { stdout } = await type('Volume.create', 'dbg', 'sr', '--', '--name', '-h', '1', 'false')
    expect(JSON.parse(stdout)).toHaveProperty('name', '--name')
  })

  test('take variants and records as JSON', async () => {
    const { status, stderr } = await type('Data.stat', 'dbg', '["MirrorV1","job-17"]')
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'Data.stat: SR_BACKEND_FAILURE: Cancelled: MirrorV1 job-17\n',
    })
    const blocklist = { blocksize: 65536, ranges: [[0, 3]] }
    const answer = await type('Data.copy', 'dbg', 'demo:///a', '0', 'nbd://host/b', JSON.stringify(blocklist))
    expect(answerOf(answer)).toEqual(['CopyV1', JSON.stringify(blocklist)])
  })

  test('a failure is text on stderr, and nothing on stdout', async () => {
    expect(await type('Volume.stat', 'dbg', 'sr', 'missing')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'Volume.stat: SR_BACKEND_FAILURE: Volume_does_not_exist: missing\n',
    })
    expect(await type('Volume.stat', 'dbg', 'sr', 'bug')).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^Volume\.stat: SyntaxError: .*\n {4}at /),
    })
  })

  test.each([
    ['a missing argument', ['Volume.stat', 'dbg', 'sr'], 'missing: key'],
    ['an argument too many', ['Volume.stat', 'dbg', 'sr', 'key', 'more'], 'one argument too many, at number 4'],
    ['an unknown option', ['Volume.stat', 'dbg', 'sr', '--key', 'k'], 'no such option: --key'],
    ['an option without its value', ['SR.attach', 'dbg', '--configuration', 'k'], 'takes a key and a value'],
    ['no integer', ['Volume.create', 'd', 's', 'n', '', '1GiB', 'true'], 'size must be a 64-bit integer, not "1GiB"'],
    ['2^63', ['Volume.create', 'd', 's', 'n', '', `${2n ** 63n}`, 'true'], 'size must be a 64-bit integer'],
    ['a negative size', ['Volume.create', 'd', 's', 'n', '', '-1', 'true'], 'size must be at least 0, not -1'],
    ['no boolean', ['Volume.create', 'd', 's', 'n', '', '1', 'yes'], 'sharable must be true or false, not "yes"'],
    ['no JSON', ['Data.stat', 'd', 'MirrorV1'], 'operation must be ["CopyV1", …] or ["MirrorV1", …]'],
  ])('%s is a usage error', async (_what, [method = '', ...words], message) => {
    const answer = await type(method, ...words)
    expect(answer).toEqual({ status: 2, stdout: '', stderr: expect.stringContaining(message) })
    expect(answer.stderr).toMatch(new RegExp(`^usage: ${method} DBG `))
  })

  test.each(['-h', '--help'])('%s tells what the method and each parameter are', async (option) => {
    const create = await type('Volume.create', 'dbg', option)
    expect(create).toMatchObject({ status: 0, stderr: '' })
    expect(create.stdout).toMatch(/^usage: Volume\.create DBG SR NAME DESCRIPTION SIZE SHARABLE\n\nCreates a volume\./)
    expect(create.stdout).toMatch(/ {2}SR\n {6}Opaque handle/)
    expect(create.stdout).toMatch(/ {2}SIZE\n {6}Bytes.* \(an integer\)/)
    expect(create.stdout).toMatch(/Example:\n {2}Volume\.create .* 'disk 1' '' 10737418240 false\n$/)
    const attach = await type('SR.attach', option, '--unknown')
    expect(attach.stdout).toMatch(/^usage: SR\.attach DBG \[--configuration KEY VALUE\]\.\.\.\n/)
    expect(attach.stdout).toMatch(/ {2}--configuration KEY VALUE\n {6}\w/)
    expect(attach.stdout).toMatch(/Example:\n {2}SR\.attach .* --configuration uri demo:\/\/\/x/)
  })
})
