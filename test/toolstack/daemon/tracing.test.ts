import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { traceparentOf } from '../../../src/toolstack/daemon/tracing.ts'
import { lacks } from '../../support/needs.ts'
import { daemonIn, demoPlugins, place } from './support.ts'

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test.each([
  ['no second line', undefined],
  [`text\n${PARENT}`, PARENT],
  [`text\n{"traceparent":"${PARENT}","baggage":[["span.depth","2"]]}`, PARENT],
  [`text\n{"traceparent":"${PARENT}","baggage":null}`, PARENT],
  ['text\n{"traceparent":null,"baggage":null}', undefined],
  [`text\n{"traceparent":"${PARENT}"}`, undefined],
  [`text\n{"traceparent":"${PARENT}","baggage":null,"more":1}`, undefined],
  [`text\n"${PARENT}"`, undefined],
  [`text\n${PARENT}\nmore`, undefined],
  ['text\n', undefined],
])('the traceparent of %j', (dbg, expected) => expect(traceparentOf(dbg)).toBe(expected))

const OBSERVER = `import runpy, sys
sys.argv = sys.argv[1:]
OBSERVED = True
sys.modules["observed"] = sys.modules["__main__"]
runpy.run_path(sys.argv[0], run_name="__main__")
`
const PYTHON = `#!/usr/bin/python3
import json, os, sys
sys.stdin.read()
print(json.dumps(" ".join([os.environ.get("TRACEPARENT", "none"), str("observed" in sys.modules), os.environ.get("PYTHONPATH", "")])))
`
const SHELL = '#!/bin/sh\ncat >/dev/null\necho "\\"$TRACEPARENT $OBSERVER_CONFIG_DIR\\""\n'

describe.skipIf(lacks('python3'))('21: scripts while an observer is enabled', () => {
  async function traced(script: string) {
    const at = await place()
    const { volume } = demoPlugins(at)
    writeFileSync(join(volume.path, 'Plugin.diagnostics'), script, { mode: 0o755 })
    writeFileSync(join(volume.path, 'observer.py'), OBSERVER)
    const configDirectory = join(at.path, 'observers')
    mkdirSync(configDirectory)
    writeFileSync(join(configDirectory, 'a.observer.conf'), '')
    const { daemon } = await daemonIn(at, { tracing: { configDirectory, python: '/usr/bin/python3' } })
    const observe = (bool: boolean, uuid: string) =>
      at.call('Observer.set_enabled', { uuid, bool }, 'org.xen.xapi.observer')
    const diagnose = async (dbg: string) => (await at.call('Query.diagnostics', { dbg })).result
    return { observe, diagnose, daemon, volume, configDirectory }
  }

  test('one in Python runs under the toolstack’s observer', async () => {
    const { observe, diagnose, volume } = await traced(PYTHON)
    expect(await diagnose(`D\n${PARENT}`)).toBe('none False ')
    await observe(true, 'a')
    expect(await diagnose(`D\n${PARENT}`)).toBe(`${PARENT} True ${volume.path}`)
    expect(await diagnose('D')).toBe('none False ')
  })

  test('one that is not in Python has the trace in its environment', async () => {
    const { observe, diagnose, configDirectory } = await traced(SHELL)
    await observe(true, 'a')
    expect(await diagnose(`D\n${PARENT}`)).toBe(`${PARENT} ${configDirectory}`)
  })

  test('with two observers, one that goes does not switch off the other', async () => {
    const { observe, diagnose } = await traced(SHELL)
    await observe(true, 'a')
    await observe(true, 'b')
    await observe(false, 'a')
    expect(await diagnose(`D\n${PARENT}`)).toContain(PARENT)
    await observe(false, 'b')
    expect(await diagnose(`D\n${PARENT}`)).not.toContain(PARENT)
  })

  test('what is traced is recorded as the script that it is', async () => {
    const { observe, diagnose, daemon, volume } = await traced(PYTHON)
    await observe(true, 'a')
    await diagnose(`D\n${PARENT}`)
    const { records } = await daemon.host.trace.list()
    // Python writes into the directory of the plugin, which may be asked again what it is by now.
    const recorded = records.find(({ method }) => method === 'Plugin.diagnostics')
    expect(recorded?.argv).toEqual([join(volume.path, 'Plugin.diagnostics'), '--json'])
    expect(readFileSync(join(volume.path, 'Plugin.diagnostics'), 'utf8')).toBe(PYTHON)
  })
})
