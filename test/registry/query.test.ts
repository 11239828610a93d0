import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ErrorKind } from '../../src/contract/errors.ts'
import { Smapiv3Error } from '../../src/contract/errors.ts'
import { FEATURE_SCRIPTS, parseFeatures, type QueryResult } from '../../src/registry/features.ts'
import { Registry } from '../../src/registry/registry.ts'
import type { PluginEntry } from '../../src/registry/snapshot.ts'
import {
  DATAPATH_SCRIPTS,
  plugin,
  printing,
  queryResult,
  script,
  scriptRunner,
  temporaryDirectory,
  VOLUME_SCRIPTS,
} from './fixtures.ts'

const DEMO = 'volume.d/org.xen.xapi.storage.demo'

/** The entries after every plugin of the root was asked. */
async function entriesOf(root: string): Promise<readonly PluginEntry[]> {
  const registry = new Registry({ roots: [root], invoke: scriptRunner().invoke })
  return (await registry.queryAll()).plugins
}

async function warningsOf(root: string): Promise<string[]> {
  const [entry] = await entriesOf(root)
  expect(entry?.status).toBe('ready')
  return (entry?.warnings ?? []).map(({ message }) => message)
}

describe('the answer of Plugin.query', () => {
  test('makes a plugin ready, of either shape', async () => {
    const root = temporaryDirectory()
    plugin(join(root, DEMO), { query: queryResult({ features: ['SR_ATTACH', 'VDI_RESET_ON_BOOT/2'] }) })
    const text = `#!/bin/sh\nread params\n[ "$*" = 'Plugin.query --json' ] && [ "$params" = '{"dbg":"register"}' ] || exit 9\n`
    script(join(root, 'datapath.d/nbd'), text + printing(queryResult()).replace('#!/bin/sh\n', ''))

    const [volume, datapath] = await entriesOf(root)

    expect(volume).toMatchObject({ status: 'ready', kind: 'volume', query: { plugin: 'demo' } })
    expect(volume?.status === 'ready' && [...volume.features]).toEqual([
      ['SR_ATTACH', 1],
      ['VDI_RESET_ON_BOOT', 2],
    ])
    expect(datapath).toMatchObject({ status: 'ready', kind: 'datapath', name: 'nbd', warnings: [] })
  })

  test.each(['4.0', '5', '5.0.0', '', ' 5.0'])('API version %j is refused', async (version) => {
    const root = temporaryDirectory()
    plugin(join(root, DEMO), { query: queryResult({ required_api_version: version }) })
    const [entry] = await entriesOf(root)

    expect(entry).toMatchObject({ status: 'rejected', reason: { code: 'unsupported-api-version' } })
    expect(entry?.status === 'rejected' && entry.reason.message).toContain(JSON.stringify(version))
  })

  test('API version 3.0 is deprecated; scripts that its shim makes optional are not missed', async () => {
    const root = temporaryDirectory()
    const query = queryResult({ required_api_version: '3.0' })
    plugin(join(root, DEMO), { query, scripts: [...VOLUME_SCRIPTS, 'Volume.create'] })

    expect(await warningsOf(root)).toEqual(['requires SMAPIv3 3.0, which is deprecated for 5.0'])
  })

  test.each([
    ['prints no JSON', 'echo hello', undefined, 'bad-query-reply'],
    ['fails', 'echo no disk >&2; exit 1', undefined, 'bad-query-reply'],
    ['hangs', 'exec sleep 60', 0.2, 'query-timed-out'],
  ])('a script that %s is a rejection', async (_what, text, deadline, code) => {
    const root = temporaryDirectory()
    const path = join(root, DEMO)
    script(join(path, 'Plugin.query'), `#!/bin/sh\n${text}\n`)
    const registry = new Registry({ roots: [root], invoke: scriptRunner().invoke, ...(deadline && { deadline }) })

    const [entry] = (await registry.queryAll()).plugins

    expect(entry).toMatchObject({ status: 'rejected', path, reason: { code, kind: 'volume' } })
    expect(entry?.status === 'rejected' && entry.reason.cause).toBeInstanceOf(Smapiv3Error)
  })

  test.each<[ErrorKind, string]>([
    ['SCRIPT_BAD_RESULT', 'bad-query-reply'],
    ['SCRIPT_NOT_STARTED', 'query-failed'],
    ['SCRIPT_SIGNALLED', 'query-failed'],
    ['PLUGIN_ERROR', 'query-failed'],
  ])('the error %s is the rejection %s, with its cause', async (kind, code) => {
    const root = temporaryDirectory()
    plugin(join(root, DEMO))
    const error = new Smapiv3Error(kind, 'seen', { recovery: 'mend', stderr: 'why' })
    const registry = new Registry({ roots: [root], invoke: async () => ({ outcome: { ok: false, error } }) })

    expect((await registry.queryAll()).plugins).toMatchObject([
      { status: 'rejected', reason: { code, message: 'Plugin.query: seen', recovery: 'mend', cause: error } },
    ])
    await expect(registry.find('demo')).rejects.toMatchObject({ kind: 'PLUGIN_REJECTED', stderr: 'why' })
  })

  test('an invoke that throws is the host’s fault and still an answer', async () => {
    const root = temporaryDirectory()
    plugin(join(root, DEMO))
    const registry = new Registry({ roots: [root], invoke: () => Promise.reject(new Error('EMFILE')) })
    expect((await registry.queryAll()).plugins).toMatchObject([
      { status: 'rejected', reason: { code: 'query-failed' } },
    ])
  })
})

describe('names', () => {
  test.each([
    [DEMO, {}, []],
    [DEMO, { plugin: 'DEMO' }, []],
    [DEMO, { plugin: 'other' }, ['name-mismatch']],
    ['volume.d/demo', {}, ['unusual-name']],
    ['volume.d/com.acme.demo', {}, ['unusual-name']],
    ['volume.d/org.xen.xapi.storage.Demo', {}, ['unusual-name']],
    ['datapath.d/file', { plugin: 'anything' }, []],
    ['datapath.d/NBD', {}, ['unusual-name']],
  ] as [string, Partial<QueryResult>, string[]][])('%s that answers %j warns of %j', async (path, answer, codes) => {
    const root = temporaryDirectory()
    const scripts = path.startsWith('volume') ? VOLUME_SCRIPTS : DATAPATH_SCRIPTS
    plugin(join(root, path), { query: queryResult(answer), scripts })

    const [entry] = await entriesOf(root)

    expect(entry?.status).toBe('ready')
    expect(entry?.warnings.map(({ code }) => code)).toEqual(codes)
  })
})

describe('declared features', () => {
  test.each([...FEATURE_SCRIPTS])('%s needs %j, whatever its version', async (feature, methods) => {
    for (const method of methods) {
      const root = temporaryDirectory()
      const isVolume = method.startsWith('SR.') || method.startsWith('Volume.')
      const scripts = isVolume ? VOLUME_SCRIPTS : DATAPATH_SCRIPTS
      const path = join(root, isVolume ? DEMO : 'datapath.d/demo')
      const warning = `declares ${feature} but has no script ${method}`
      plugin(path, { query: queryResult({ features: [`${feature}/2`] }), scripts: scripts.filter((s) => s !== method) })
      expect(await warningsOf(root)).toContain(warning)

      script(join(path, method), '')
      expect(await warningsOf(root)).not.toContain(warning)
    }
  })

  test('the table has what the interface gates by feature', () => {
    expect(Object.fromEntries(FEATURE_SCRIPTS)).toMatchObject({
      SR_CREATE: ['SR.create'],
      SR_DELETE: ['SR.destroy'],
      SR_SCAN: ['SR.ls'],
      SR_UPDATE: ['SR.stat'],
      VDI_CREATE: ['Volume.create'],
      VDI_DELETE: ['Volume.destroy'],
      VDI_DESTROY: ['Volume.destroy'],
      VDI_UPDATE: ['Volume.stat'],
      VDI_REVERT: ['Volume.revert'],
      VDI_COPY: ['Volume.copy'],
      VDI_COMPOSE: ['Volume.compose'],
      VDI_CONFIG_CBT: expect.arrayContaining(['Volume.enable_cbt', 'Volume.disable_cbt', 'Volume.data_destroy']),
      NONPERSISTENT: ['Datapath.open', 'Datapath.close'],
      VDI_MIRROR: ['Data.mirror', 'Data.stat'],
      VDI_MIRROR_IN: ['Datapath.import_activate'],
    })
    expect(FEATURE_SCRIPTS.has('VDI_ACTIVATE_READONLY')).toBe(false)
  })

  test('of the other kind are not asked for: VDI_MIRROR of a volume plugin is about its datapath', async () => {
    const root = temporaryDirectory()
    const features = ['VDI_MIRROR', 'VDI_MIRROR_IN', 'VDI_ACTIVATE_READONLY', 'THIN_PROVISIONING']
    plugin(join(root, DEMO), { query: queryResult({ features }), scripts: VOLUME_SCRIPTS })
    expect(await warningsOf(root)).toEqual([])
  })

  test('versions: none and nonsense are 1, the highest counts', () => {
    const features = parseFeatures(['A', 'B/2', 'C/x', 'D/0', 'E/1', 'E/3', 'E/2', 'E'])
    expect(Object.fromEntries(features)).toEqual({ A: 1, B: 2, C: 1, D: 1, E: 3 })
  })
})

describe('scripts a toolstack always runs', () => {
  test.each([...VOLUME_SCRIPTS.map((m) => [DEMO, m]), ...DATAPATH_SCRIPTS.map((m) => ['datapath.d/demo', m])] as const)(
    '%s without %s',
    async (path, method) => {
      const root = temporaryDirectory()
      const scripts = path === DEMO ? VOLUME_SCRIPTS : DATAPATH_SCRIPTS
      plugin(join(root, path), { scripts: scripts.filter((other) => other !== method) })
      expect(await warningsOf(root)).toEqual([`has no script ${method}, which a toolstack always calls`])
    },
  )

  test('Volume.set and unset where volumes can be made', async () => {
    const root = temporaryDirectory()
    plugin(join(root, DEMO), { scripts: [...VOLUME_SCRIPTS, 'Volume.create', 'Volume.set'] })
    expect(await warningsOf(root)).toEqual(['has no script Volume.unset, which a toolstack always calls'])
  })
})

describe('remembering', () => {
  test('a plugin is asked once, and again when its script or its directory changed', async () => {
    const root = temporaryDirectory()
    const path = plugin(join(root, DEMO))
    const other = plugin(join(root, 'datapath.d/nbd'))
    const runner = scriptRunner()
    const registry = new Registry({ roots: [root], invoke: runner.invoke })
    const asked = async () => {
      runner.calls.length = 0
      const { plugins } = await registry.queryAll()
      return [runner.calls.map((call) => (call.startsWith(other) ? 'other' : 'demo')).sort(), plugins[0]] as const
    }

    expect((await asked())[0]).toEqual(['demo', 'other'])
    expect((await asked())[0]).toEqual([])
    utimesSync(join(path, 'Plugin.query'), 1, 1)
    expect((await asked())[0]).toEqual(['demo'])
    writeFileSync(join(path, 'new-helper.py'), '')
    expect((await asked())[0]).toEqual(['demo'])
    rmSync(join(path, 'Plugin.query'))
    script(join(path, 'Plugin.query'), printing(queryResult({ version: '2.0' })))
    expect(await asked()).toMatchObject([['demo'], { query: { version: '2.0' } }])
    expect((await asked())[0]).toEqual([])
  })

  test('what Plugin.query itself writes beside it does not make it be asked again', async () => {
    const root = temporaryDirectory()
    const path = join(root, DEMO)
    const text = printing(queryResult()).replace('\n', `\n: >"$(dirname "$0")/cache.$$"\n`)
    script(join(path, 'Plugin.query'), text)
    const runner = scriptRunner()
    const registry = new Registry({ roots: [root], invoke: runner.invoke })

    await registry.queryAll()
    expect((await registry.queryAll()).plugins).toMatchObject([{ status: 'ready' }])
    await registry.find('demo')
    expect(runner.calls).toHaveLength(1)
  })

  test('callers at the same time share one question, and no more run at once than allowed', async () => {
    const root = temporaryDirectory()
    for (let i = 0; i < 9; i++) plugin(join(root, `datapath.d/s${i}`))
    const runner = scriptRunner()
    const registry = new Registry({ roots: [root], invoke: runner.invoke, concurrency: 3 })

    await Promise.all([registry.queryAll(), registry.queryAll(), registry.find('s5'), registry.datapathFor('S6')])

    expect(runner.calls).toHaveLength(9)
    expect(runner.peak).toBe(3)
  })

  test('a script that hangs holds up nobody but itself', async () => {
    const root = temporaryDirectory()
    script(join(root, 'datapath.d/hangs/Plugin.query'), '#!/bin/sh\nexec sleep 60\n')
    plugin(join(root, 'datapath.d/works'))
    const registry = new Registry({ roots: [root], invoke: scriptRunner().invoke, concurrency: 1, patience: 0.05 })
    onTestFinished(() => registry.close())
    const hangs = registry.find('hangs')

    expect(await registry.find('works')).toMatchObject({ status: 'ready' })
    expect(registry.scan().plugins.map(({ name, status }) => [name, status])).toEqual([
      ['hangs', 'pending'],
      ['works', 'ready'],
    ])
    registry.close()
    await expect(hangs).rejects.toMatchObject({ kind: 'PLUGIN_REJECTED' })
  })

  test('close cancels the scripts that run', async () => {
    const root = temporaryDirectory()
    const pidFile = join(root, 'pid')
    const text = `#!/bin/sh\necho $$ >${pidFile}.new\nmv ${pidFile}.new ${pidFile}\nexec sleep 60\n`
    script(join(root, DEMO, 'Plugin.query'), text)
    const registry = new Registry({ roots: [root], invoke: scriptRunner().invoke })
    const all = registry.queryAll()
    const pid = await vi.waitFor(() => Number(readFileSync(pidFile, 'utf8')), { timeout: 100_000 })
    registry.close()

    expect((await all).plugins).toMatchObject([{ status: 'rejected', reason: { kind: 'volume' } }])
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 100_000 })
  })
})
