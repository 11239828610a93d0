/** What a plugin prints and how it exits, against section 3.5 of the script protocol. */
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withDir } from 'tmp-promise'
import { describe, expect, test } from 'vitest'
import { invoke } from '../../src/invoke/invoke.ts'
import { ask, double, errorOf } from './support.ts'

describe('the plugin’s own error', () => {
  test('keeps its code, params and backtrace, and has a message for people', async () => {
    const done = await ask('error')
    const error = errorOf(done)
    expect(error).toMatchObject({
      kind: 'PLUGIN_ERROR',
      code: 'SR_BACKEND_FAILURE',
      params: ['Volume_does_not_exist', 'vol-7'],
      message: 'SR_BACKEND_FAILURE: Volume_does_not_exist vol-7',
      stderr: 'mount failed\n',
      backtrace: { error: 'vol-7', files: ['/volume.py', '/Volume.stat'], lines: [2549, 8] },
    })
    expect(done.exitStatus).toBe(1)
  })

  test('member names compare without regard to case, others are ignored', async () => {
    expect(errorOf(await ask('error-in-capitals'))).toMatchObject({ kind: 'PLUGIN_ERROR', code: 'SR_BACKEND_FAILURE' })
  })

  test('a backtrace of unequal lengths is cut to the shorter', async () => {
    expect(errorOf(await ask('error-unequal')).backtrace).toEqual({ error: '', files: ['a'], lines: [1] })
  })
})

test.each([
  ['error-without-params', 'params is missing'],
  ['error-params-number', 'params is not an array of strings'],
  ['error-code-number', 'code is not a string'],
  ['error-no-backtrace', 'backtrace is not an object'],
  ['error-no-files', 'backtrace.files is missing'],
  ['error-bad-lines', 'backtrace.lines is not an array of integers'],
  ['error-no-error', 'backtrace.error is missing'],
])('%s is no error object', async (wish, defect) => {
  const { kind, message } = errorOf(await ask(wish))
  expect(kind).toBe('SCRIPT_BAD_ERROR')
  expect(message).toContain(defect)
  expect(message).toContain('exited with status 1')
})

test.each([
  ['nothing', 'SCRIPT_BAD_JSON', /nothing on stdout/],
  ['bad-json', 'SCRIPT_BAD_JSON', /position 7.*"\{\\"a\\":1,\}"/],
  ['two-values', 'SCRIPT_BAD_JSON', /"\\"one\\" \\"two\\"\\n"/],
  ['log-line', 'SCRIPT_BAD_JSON', /"INFO mounting the é\\n\\"fine\\"\\n"/],
  ['late-garbage', 'SCRIPT_BAD_JSON', /position 4, byte 5/],
  ['not-utf8', 'SCRIPT_BAD_JSON', /not UTF-8 \(at byte 3\)/],
  ['wrong-shape', 'SCRIPT_BAD_RESULT', /double\.sh/],
  ['error-with-status-0', 'SCRIPT_BAD_RESULT', /error object.*Volume_does_not_exist vol-7.*status 0/],
  ['result-with-status-3', 'SCRIPT_BAD_ERROR', /status 3.*"\\"fine\\"\\n"/],
  ['fails-silently', 'SCRIPT_BAD_ERROR', /status 7.*nothing on stdout/],
  ['killed', 'SCRIPT_SIGNALLED', /killed by SIGSEGV/],
] as const)('%s → %s', async (wish, kind, message) => {
  const error = errorOf(await ask(wish))
  expect(error.kind).toBe(kind)
  expect(error.message).toMatch(message)
  expect(error.message).toContain(double('double.sh'))
})

test('an error carries what the script wrote on stderr', async () => {
  expect(errorOf(await ask('fails-silently')).stderr).toBe('cannot reach the array\n')
})

test('of bad output only the beginning is quoted', async () => {
  const { message } = errorOf(await ask('garbage'))
  expect(message).toContain(`"${'x'.repeat(200)}"…`)
  expect(message.length).toBeLessThan(600)
})

test('a repair is applied before the result is validated, the text stays the plugin’s own', async () => {
  const { outcome } = await ask('wrong-shape', { repair: (result) => JSON.stringify(result) })
  expect(outcome).toEqual({ ok: true, value: '{"a":1}', text: '{"a":1}' })
})

describe('scripts that do not start', () => {
  test('no such file', async () => {
    const done = await ask('x', { script: '/nonexistent/Volume.stat' })
    expect(errorOf(done)).toMatchObject({ kind: 'SCRIPT_MISSING' })
    expect(done.end).toBe('not-started')
  })

  test('no such interpreter', async () => {
    const error = errorOf(await ask('x', { script: double('missing-interpreter') }))
    expect(error.kind).toBe('SCRIPT_NOT_STARTED')
    expect(error.message).toMatch(/interpreter.*ENOENT/)
  })

  test('not executable', async () => {
    await withDir(
      async ({ path }) => {
        const script = join(path, 'Volume.stat')
        await writeFile(script, '#!/bin/sh\n')
        expect(errorOf(await ask('x', { script }))).toMatchObject({ kind: 'SCRIPT_NOT_EXECUTABLE' })
        await chmod(script, 0o755)
        expect(errorOf(await ask('x', { script }))).toMatchObject({ kind: 'SCRIPT_BAD_JSON' })
      },
      { unsafeCleanup: true },
    )
  })

  test('a directory', async () => {
    expect(errorOf(await ask('x', { script: '/usr' }))).toMatchObject({ kind: 'SCRIPT_NOT_EXECUTABLE' })
  })
})

test('secrets of the params are in no error', async () => {
  await withDir(
    async ({ path }) => {
      const script = join(path, 'SR.attach')
      await writeFile(script, '#!/bin/sh\nread -r params\necho "$params"\necho "got $params" >&2\nexit 1\n', {
        mode: 0o755,
      })
      const configuration = { server: 'array', password: 'correct-horse' }
      const params = { dbg: 'x', configuration }
      const { outcome, stderr } = await invoke({ method: 'SR.attach', script, shape: 'directory', params })
      expect(stderr).toContain('array')
      expect(JSON.stringify([outcome, stderr, outcome.ok || outcome.error.message])).not.toContain('correct-horse')
    },
    { unsafeCleanup: true },
  )
})
