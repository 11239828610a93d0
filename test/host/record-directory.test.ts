import { fork } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RecordDirectory } from '../../src/host/record-directory.ts'
import { scratch } from '../support/scratch.ts'

interface Entry {
  name: string
  list: string[]
}

function open(directory: string, onDamage: (message: string) => void = (message) => expect.unreachable(message)) {
  return new RecordDirectory<Entry>(directory, ['name', 'list'], onDamage)
}

test('what was put is there for the next process, and only for its user', async () => {
  const directory = join(scratch(), 'records')
  await open(directory).put('a/b', { name: 'x', list: ['1'] })
  expect(open(directory).get('a/b')).toEqual({ name: 'x', list: ['1'] })
  expect(open(directory).all()).toEqual([{ name: 'x', list: ['1'] }])
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  expect(readdirSync(directory).map((name) => statSync(join(directory, name)).mode & 0o777)).toEqual([0o600])
})

test.each(['..', '../../x', '.', 'a'.repeat(5000), 'ü\n"\'', '', '%2e'])(
  'the name %j stays inside the directory',
  async (name) => {
    const directory = join(scratch(), 'records')
    const records = open(directory)
    await records.put(name, { name, list: [] })
    expect(records.get(name)).toEqual({ name, list: [] })
    expect(readdirSync(directory)).toHaveLength(1)
    records.remove(name)
    expect(records.all()).toEqual([])
  },
)

test('what was never put, or is removed twice, is no error', () => {
  const records = open(join(scratch(), 'never made'))
  expect(records.get('x')).toBeUndefined()
  expect(records.all()).toEqual([])
  records.remove('x')
})

test.each(['', '{', '{"name":"x"', '[]', 'null', '{"name":1,"list":[]}', '\0\0\0\0'])(
  'a file that holds %j is set aside and said',
  async (text) => {
    const directory = join(scratch(), 'records')
    await open(directory).put('good', { name: 'good', list: [] })
    writeFileSync(join(directory, 'torn.json'), text)
    const messages: string[] = []
    expect(open(directory, (message) => messages.push(message)).all()).toEqual([{ name: 'good', list: [] }])
    expect(messages).toEqual([expect.stringContaining(join(directory, 'torn.json'))])
    const aside = readdirSync(directory).find((name) => name.startsWith('torn.json.damaged-'))
    expect(readFileSync(join(directory, aside ?? ''), 'utf8')).toBe(text)
    expect(open(directory).all()).toHaveLength(1)
  },
)

test('a state directory that cannot be written is said to be the fault of the host', async () => {
  const directory = scratch()
  writeFileSync(join(directory, 'file'), '')
  const error = { kind: 'STATE_UNUSABLE', fault: 'host', message: expect.stringContaining(directory) }
  await expect(open(join(directory, 'file', 'records')).put('x', { name: 'x', list: [] })).rejects.toMatchObject(error)
  expect(() => open(join(directory, 'file')).all()).toThrow(expect.objectContaining(error))
})

test('a writer that is killed at any instant leaves each record as it was or as it shall be', async () => {
  const directory = join(scratch(), 'records')
  mkdirSync(directory)
  const writer = join(import.meta.dirname, 'record-writer.ts')
  for (let round = 0; round < 15; round++) {
    const child = fork(writer, [directory], { execArgv: ['--import', 'tsx'], stdio: 'ignore' })
    const rounds = await new Promise<number>((resolve) =>
      child.on('message', (count) => Number(count) > round && resolve(Number(count))),
    )
    expect(rounds).toBeGreaterThan(round)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.on('close', resolve))
    const [record] = open(directory).all()
    expect(record?.list).toHaveLength(Number(record?.name))
  }
})
