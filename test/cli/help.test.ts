import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NOUNS, STANDALONE } from '../../src/cli/nouns.ts'
import { COMMON_OPTIONS } from '../../src/cli/options.ts'
import { lacks } from '../support/needs.ts'
import { Place } from './smapiv3.ts'

let place: Place

beforeAll(async () => {
  place = await Place.make()
  place.double('volume', 'org.xen.xapi.storage.double', ['SR.stat', 'SR.attach'], '')
})

afterAll(() => place.remove())

const COMMON = Object.keys(COMMON_OPTIONS).map((name) => `--${name}`)

const VERBS = [
  ...Object.entries(NOUNS).flatMap(([noun, { verbs }]) => verbs.map(({ command }) => `${noun} ${command}`)),
  ...STANDALONE.map(({ command }) => command),
]

describe('help', () => {
  test.each(VERBS)('of %s names its arguments and options', async (verb) => {
    const words = verb.split(' ').filter((word) => !/[<[]/.test(word))
    const { status, stdout, stderr } = await place.run([...words, '--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain(`smapiv3 ${verb}`)
    for (const option of COMMON) expect(stdout).toContain(option)
  })

  test('names every noun', async () => {
    const { stdout } = await place.run(['--help'])
    for (const noun of Object.keys(NOUNS)) expect(stdout).toContain(`smapiv3 ${noun}`)
  })
})

describe('completion', () => {
  test.each<[string[], string[]]>([
    [[''], [...Object.keys(NOUNS), 'call', 'doctor']],
    [
      ['sr', ''],
      ['create', 'attach', 'ls'],
    ],
    [['plugin', 'show', 'd'], ['double']],
    [
      ['call', 'double', 'SR.'],
      ['SR.stat', 'SR.attach'],
    ],
    [
      ['disk', 'attach', 'a', 'b', '--'],
      ['--read-only', '--json'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh'],
    ],
  ])('of %j offers %j', async (words, offered) => {
    const { stdout } = await place.run(['--complete', 'smapiv3', ...words])
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(offered))
  })

  test('of what cannot be known offers nothing', async () => {
    expect(await place.run(['--complete', 'smapiv3', 'sr', 'stat', 'x'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
    })
  })

  test.skipIf(lacks('bash'))('bash takes the script', async () => {
    const { stdout } = await place.run(['completion', 'bash'])
    execFileSync('bash', ['-n'], { input: stdout })
    const check = `${stdout}\nsmapiv3() { echo stat; echo set-name; }\nCOMP_WORDS=(smapiv3 sr st) COMP_CWORD=2\n_smapiv3; echo "\${COMPREPLY[*]}"`
    expect(execFileSync('bash', ['-c', check], { encoding: 'utf8' })).toBe('stat\n')
  })

  test.skipIf(lacks('zsh'))('zsh takes the script', async () => {
    const { stdout } = await place.run(['completion', 'zsh'])
    execFileSync('zsh', ['-n'], { input: stdout })
  })
})
