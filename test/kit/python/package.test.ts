import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lacks } from '../../support/needs.ts'
import { scratch } from '../../support/scratch.ts'
import { answerOf, run } from '../run.ts'
import { type Call, callJson, ENVIRONMENT, exampleOf, PACKAGE, python, runMethod } from './plugin.ts'

const STAT = exampleOf('Volume.stat')
const WHOLE = STAT.result as Record<string, unknown>

function stat(call: Call, params: unknown = STAT.params) {
  return callJson('Volume.stat', params, call)
}

describe.skipIf(lacks('python3'))('the package for plugins in Python', () => {
  test.each([
    ['volume does not exist', 'SR_BACKEND_FAILURE', ['Volume_does_not_exist', 'vol-7']],
    ['numbered', 'SR_BACKEND_FAILURE_79', ['VDI Invalid size', 'no shrinking']],
    ['own exception', 'SR_BACKEND_FAILURE', ['KeyError', "'x'"]],
    ['internal', 'SR_BACKEND_FAILURE', ['InternalError', 'broken']],
    ['dependency', 'SR_BACKEND_FAILURE', ['MissingDependency', 'There is a missing dependency: lvcreate not found']],
    [
      'failing program',
      'SR_BACKEND_FAILURE',
      ['InternalError', 'sh -c echo oops >&2; exit 3 ended with exit status 3: oops'],
    ],
    [
      'missing program',
      'SR_BACKEND_FAILURE',
      ['FileNotFoundError', "[Errno 2] No such file or directory: '/nonexistent/program'"],
    ],
  ])('%s becomes an error object and status 1', async (behaviour, code, params) => {
    const called = await stat({ behaviour })
    expect(called.status).toBe(1)
    expect(answerOf(called)).toMatchObject({ code, params })
    const { backtrace } = answerOf(called) as { backtrace: { error: string; files: string[]; lines: number[] } }
    expect(typeof backtrace.error).toBe('string')
    expect(backtrace.files[0]).toContain('_binding.py')
    expect(backtrace.files).toHaveLength(backtrace.lines.length)
    expect(backtrace.lines.every(Number.isInteger)).toBe(true)
  })

  test('what a program printed is returned as bytes, or whole', async () => {
    const diagnostics = (behaviour: string) => callJson('Plugin.diagnostics', { dbg: 'd' }, { behaviour })
    expect(answerOf(await diagnostics('program'))).toBe('output\n')
    expect(answerOf(await diagnostics('program whole'))).toBe(`(b'o\\n', b'e\\n', 3)`)
  })

  test('an exit of the plugin is left to it', async () => {
    expect(await stat({ behaviour: 'exit' })).toMatchObject({ status: 5, stdout: '' })
  })

  test.each([
    ['an int as text', { ...WHOLE, virtual_size: '1' }, ['TypeError', "TypeError expected=int64 actual='1'"]],
    ['a bool as int', { ...WHOLE, virtual_size: true }, ['TypeError', 'TypeError expected=int64 actual=True']],
    ['None for what is optional', { ...WHOLE, uuid: null }, ['TypeError', 'TypeError expected=string actual=None']],
    [
      'a tag alone',
      { ...WHOLE, volume_type: 'Data' },
      ['TypeError', "TypeError expected=volume_type (Data | CBT_Metadata | Data_and_CBT_Metadata) actual='Data'"],
    ],
    ['None', null, ['TypeError', 'TypeError expected=volume actual=None']],
    [
      'a record without a member',
      Object.fromEntries(Object.entries(WHOLE).filter(([name]) => name !== 'uri')),
      ['UnmarshalException', 'UnmarshalException thing=member missing ty=uri desc=of volume'],
    ],
  ])('%s is no result', async (_, result, params) => {
    const called = await stat({ answer: python(result) })
    expect(called.status).toBe(1)
    expect(answerOf(called)).toMatchObject({ params })
  })

  test('a tag with None, a size of 64 bits and a tuple are', async () => {
    const volume = { ...WHOLE, volume_type: ['Data', null] }
    const answer = python(volume).replace(/"virtual_size": \d+/, `"virtual_size": ${2n ** 63n - 1n}`)
    const { status, stdout } = await stat({ answer })
    expect(status).toBe(0)
    expect(stdout).toContain('"virtual_size": 9223372036854775807')
    expect(JSON.parse(stdout)).toMatchObject({ volume_type: ['Data', null] })
    const params = exampleOf('Volume.compare').params
    const compared = await callJson('Volume.compare', params, { answer: '{"blocksize": 512, "ranges": [(0, 1)]}' })
    expect(answerOf(compared)).toEqual({ blocksize: 512, ranges: [[0, 1]] })
    const listed = await callJson('Volume.compare', params, { answer: '{"blocksize": 512, "ranges": [[0, 1]]}' })
    expect(answerOf(listed)).toMatchObject({
      params: ['TypeError', 'TypeError expected=(int64 * int64) actual=[0, 1]'],
    })
    const float = await callJson('Data.stat', exampleOf('Data.stat').params, {
      answer: '{"failed": False, "complete": False, "progress": 1}',
    })
    expect(answerOf(float)).toMatchObject({ params: ['TypeError', 'TypeError expected=float actual=1'] })
  })

  test('pairs in params arrive as tuples, so that Data.copy works with ranges', async () => {
    const { params, result } = exampleOf('Data.copy')
    const blocklist = { blocksize: 512, ranges: [[0, 8]] }
    const called = await callJson('Data.copy', { ...params, blocklist }, { answer: python(result) })
    expect(answerOf(called)).toEqual(result)
    const words = ['d', 'demo:///x', '7', 'nbd://host/export', JSON.stringify(blocklist)]
    expect(answerOf(await runMethod('Data.copy', words, '', { answer: python(result) }))).toEqual(result)
  })

  test('what a method without a result returns is for the caller to refuse', async () => {
    const called = await callJson('Volume.destroy', exampleOf('Volume.destroy').params, { answer: '"gone"' })
    expect(called).toMatchObject({ status: 0, stdout: '"gone"\n' })
  })

  test('a result that JSON has no form for fails, and nothing is printed but the error', async () => {
    const called = await callJson('Volume.destroy', exampleOf('Volume.destroy').params, { behaviour: 'bytes' })
    expect(called.status).toBe(1)
    expect(answerOf(called)).toMatchObject({ params: ['TypeError', expect.stringContaining('bytes')] })
  })

  test('params that are secret are not shown where they are of a wrong type', async () => {
    const called = await callJson('SR.attach', { dbg: 'd', configuration: { password: 4711 } }, { answer: '""' })
    expect(called.stdout).not.toContain('4711')
    expect(answerOf(called)).toMatchObject({
      params: ['TypeError', 'TypeError expected=string actual=a int, not shown'],
    })
  })

  test('more params than the method has do not disturb it', async () => {
    expect(answerOf(await stat({ answer: python(WHOLE) }, { ...STAT.params, more: [1] }))).toEqual(WHOLE)
  })

  test('exactly one line is read', async () => {
    const line = JSON.stringify(STAT.params)
    const answer = { answer: python(WHOLE) }
    expect((await runMethod('Volume.stat', ['--json'], `${line}\nand what not`, answer)).status).toBe(0)
    expect((await runMethod('Volume.stat', ['-j'], line, answer)).status).toBe(0)
    for (const input of [JSON.stringify(STAT.params, null, 1), '', 'no JSON\n']) {
      const called = await runMethod('Volume.stat', ['--json'], input, answer)
      expect(called).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('JSONDecodeError') })
    }
  })

  test('for people, a failure is on stderr only, a wrong word ends with status 2, help with 0', async () => {
    const words = ['d', 'sr', 'vol-7']
    const failed = await runMethod('Volume.stat', words, '', { behaviour: 'volume does not exist' })
    expect(failed).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/Volume_does_not_exist: vol-7\n$/),
    })
    for (const wrong of [
      ['d', 'sr'],
      [...words, 'more'],
      [...words, '--no-such', 'x'],
    ]) {
      expect(await runMethod('Volume.stat', wrong, '', { answer: '0' })).toMatchObject({ status: 2, stdout: '' })
    }
    const size = await runMethod('Volume.create', ['d', 'sr', 'n', '', 'much', 'true'], '', { answer: '0' })
    expect(size).toMatchObject({ status: 2, stderr: expect.stringContaining("invalid int value: 'much'") })
    const help = await runMethod('Volume.resize', ['--help'], '', { answer: '0' })
    expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining('new_size') })
  })

  test('the log goes to stderr in lines, and cannot fail a call', async () => {
    const { stderr } = await stat({ answer: python(WHOLE) })
    expect(stderr).toMatch(/^SMAPIv3: \[\d+\] - INFO - called as: \['.*Volume\.stat', '--json'\]$/m)
    const text = `
import logging, sys
from xapi.storage import log
log.debug("%d of %s", "x", 2)
log.warning("%(a)s", {"a": "b"})
log.error("100%")
logging.getLogger("vendor").info("through logging")
try:
    1 / 0
except ZeroDivisionError:
    log.critical("dividing", exc_info=True)
sys.stderr.close()
log.info("unheard")
print("done")
`
    const logged = await run('/usr/bin/python3', ['-c', text], { env: ENVIRONMENT })
    expect(logged.stdout).toBe('done\n')
    const lines = logged.stderr.replace(/\[\d+\]/g, '[PID]')
    expect(lines).toContain(`SMAPIv3: [PID] - DEBUG - %d of %s ('x', 2)\n`)
    expect(lines).toContain('SMAPIv3: [PID] - WARNING - b\n')
    expect(lines).toContain('SMAPIv3: [PID] - ERROR - 100%\n')
    expect(lines).toContain('SMAPIv3: [PID] - INFO - through logging\n')
    expect(lines).toMatch(/CRITICAL - dividing\nTraceback .*\n.*\nZeroDivisionError: division by zero\n/)
  })

  test('a dispatcher answers requests by class and method', async () => {
    const text = `
import xapi.storage.api.v5.volume as volume
class Volumes(volume.Volume_skeleton):
    def destroy(self, dbg, sr, key):
        if key == "none": raise volume.Volume_does_not_exist(key)
server = volume.volume_server_dispatcher(Volume=volume.Volume_server_dispatcher(Volumes()))
for method, key in (("Volume.destroy", "a"), ("Volume.destroy", "none"), ("Volume.fly", "a"), ("SR.ls", "a")):
    print(server._dispatch(method, [{"dbg": "", "sr": "", "key": key}]))
`
    const { stdout } = await run('/usr/bin/python3', ['-c', text], { env: ENVIRONMENT })
    expect(stdout.split('\n')).toEqual([
      `{'Status': 'Success', 'Value': None}`,
      `{'Status': 'Failure', 'ErrorDescription': ['Volume_does_not_exist', 'none']}`,
      `{'Status': 'Failure', 'ErrorDescription': ['Internal_error', 'Unknown method Volume.fly']}`,
      `{'Status': 'Failure', 'ErrorDescription': ['Internal_error', 'Unknown method SR.ls']}`,
      '',
    ])
  })

  test('a vendor’s own modules below xapi.storage are found beside it', async () => {
    const site = scratch()
    await mkdir(join(site, 'xapi/storage/libs'), { recursive: true })
    for (const name of ['', 'storage/', 'storage/libs/']) writeFileSync(join(site, `xapi/${name}__init__.py`), '')
    writeFileSync(join(site, 'xapi/storage/libs/util.py'), 'WORD = "found"')
    const text = 'import xapi.storage.libs.util; from xapi.storage import log; print(xapi.storage.libs.util.WORD)'
    const { stdout, stderr } = await run('/usr/bin/python3', ['-c', text], {
      env: { ...ENVIRONMENT, PYTHONPATH: `${PACKAGE}:${site}` },
    })
    expect({ stdout, stderr }).toEqual({ stdout: 'found\n', stderr: '' })
  })

  test('loads nothing that a call does not need', async () => {
    const text = `import os, sys; before = set(sys.modules); import xapi.storage.api.v5.volume
from xapi.storage import log; from xapi.storage.common import call
print(*sorted(name for name in set(sys.modules) - before if not name.startswith("xapi")))`
    const { stdout } = await run('/usr/bin/python3', ['-S', '-c', text], { env: ENVIRONMENT })
    expect(stdout.trim().split(' ')).toEqual(['syslog'])
  })

  test('is Python of 2016 (3.6), as the control domains of Xen still have it', async () => {
    const files = readdirSync(PACKAGE, { recursive: true, encoding: 'utf8' }).filter(
      // What only type checkers read may be newer.
      (name) => name.endsWith('.py') && !name.endsWith('_types.py'),
    )
    expect(files.length).toBeGreaterThan(10)
    const text =
      'import ast, sys; [ast.parse(open(name).read(), name, feature_version=(3, 6)) for name in sys.argv[1:]]'
    const paths = files.map((name) => join(PACKAGE, name))
    expect(await run('/usr/bin/python3', ['-c', text, ...paths])).toMatchObject({
      status: 0,
      stderr: '',
    })
  })

  test('is part of what is published', () => {
    const { files } = JSON.parse(readFileSync(join(PACKAGE, '../../../package.json'), 'utf8')) as { files: string[] }
    expect(files).toContain('src/kit/python')
    expect(files).toContain('!**/__pycache__')
  })
})
