import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Child, type Ending, runToEnd, startChild } from '../../src/engine/child.ts'
import { type ProcessBindings, processBindings } from '../../src/engine/child-bindings.ts'
import { scratch } from '../support/scratch.ts'

const ENV = { PATH: '/usr/bin:/bin', GREETING: 'good day' }

/** How much is more than a pipe holds. */
const MUCH = 1 << 20

describe.each([
  ['by what node:child_process is made of', processBindings() as ProcessBindings],
  ['by node:child_process', null],
] as const)('%s', (_, bindings) => {
  const sh = (script: string, inherited?: number) => runToEnd('sh', ['-c', script, 'a b'], ENV, inherited, bindings)

  /** A program that prints to a file, its ending, and what it has printed. */
  async function started(
    command: string,
    args: readonly string[],
    use: (child: Child) => void = () => {},
    inherited?: number,
  ) {
    const log = join(scratch(), 'log')
    const output = openSync(log, 'w')
    const ending = new Promise<Ending>((resolve, reject) => {
      use(startChild(command, args, ENV, output, inherited, resolve, reject, bindings))
    })
    closeSync(output)
    return { ending: await ending, printed: readFileSync(log, 'utf8') }
  }

  test('a program that is run gives what it prints, and how it ends', () => {
    expect(sh('echo "$GREETING, $0"; echo ö >&2; exit 3')).toMatchObject({
      status: 3,
      signal: null,
      stdout: 'good day, a b\n',
      stderr: 'ö\n',
    })
    expect(sh('kill -KILL $$')).toMatchObject({ status: null, signal: 'SIGKILL' })
    expect(sh(`head -c ${MUCH} /dev/zero`).stdout).toHaveLength(MUCH)
    expect(sh('cat; echo end').stdout).toBe('end\n')
  })

  test('a program that is run or started gets a descriptor, and no other', async () => {
    const path = join(scratch(), 'file')
    const file = openSync(path, 'w')
    sh('echo run >&3', file)
    await started('sh', ['-c', 'echo started >&3'], undefined, file)
    closeSync(file)
    expect(readFileSync(path, 'utf8')).toBe('run\nstarted\n')
    expect(sh('exec 2>/dev/null; echo x >&4 || echo none').stdout).toBe('none\n')
    expect((await started('sh', ['-c', 'exec 2>/dev/null; echo x >&3 || echo none'])).printed).toBe('none\n')
  })

  test('a program that is started prints to the descriptor, in the root directory', async () => {
    expect(await started('sh', ['-c', 'pwd; echo "$GREETING" >&2; exit 4'])).toEqual({
      ending: { status: 4, signal: null },
      printed: '/\ngood day\n',
    })
  })

  test('a program that is started can be killed', async () => {
    const { ending } = await started('sleep', ['600'], (child) => child.kill('SIGKILL'))
    expect(ending).toEqual({ status: null, signal: 'SIGKILL' })
  })

  test('a program that is not there is an error that says so', async () => {
    expect(() => runToEnd('no-such-program', [], ENV, undefined, bindings)).toThrow(/ENOENT/)
    await expect(started('no-such-program', [])).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
