import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Registry } from '../../src/registry/registry.ts'
import { fingerprint, type PluginEntry, type Snapshot } from '../../src/registry/snapshot.ts'
import type { WatchOptions } from '../../src/registry/watch.ts'
import { directory, plugin, printing, queryResult, script, scriptRunner, temporaryDirectory } from './fixtures.ts'

const DEMO = 'volume.d/org.xen.xapi.storage.demo'
/** Far beyond the end of every test, so that only events of the kernel can be what is noticed. */
const NEVER = 3600
const BOUND = 100_000

type Condition = (entries: ReadonlyMap<string, PluginEntry>, snapshot: Snapshot) => boolean

/** A registry that is watched until the test ends, and a way to wait for what its snapshots say. */
function watching(roots: readonly string[], options: Partial<WatchOptions> = {}) {
  const { invoke, calls } = scriptRunner()
  const registry = new Registry({ roots, invoke })
  const snapshots: Snapshot[] = []
  let noticed = () => {}
  const watch = registry.watch({
    rescan: NEVER,
    ...options,
    onSnapshot: (snapshot) => {
      snapshots.push(snapshot)
      noticed()
    },
  })
  onTestFinished(() => registry.close())

  /** Waits until the registry's snapshot meets the condition; entries by name. */
  function until(condition: Condition): Promise<Snapshot> {
    return new Promise((fulfil, reject) => {
      const timer = setTimeout(() => reject(new Error(`not within bounds: ${describeState()}`)), BOUND)
      noticed = () => {
        const snapshot = registry.snapshot()
        if (!condition(new Map(snapshot.plugins.map((entry) => [entry.path, entry])), snapshot)) return
        clearTimeout(timer)
        noticed = () => {}
        fulfil(snapshot)
      }
      noticed()
    })
  }

  function describeState(): string {
    const { plugins, rejections } = registry.snapshot()
    const states = plugins.map((entry) => `${entry.path} ${entry.status}`)
    return [...states, ...rejections.map(({ message }) => message)].join('; ')
  }

  return { registry, watch, snapshots, calls, until }
}

const ready =
  (path: string): Condition =>
  (entries) =>
    entries.get(path)?.status === 'ready'

const version =
  (path: string, expected: string): Condition =>
  (entries) => {
    const entry = entries.get(path)
    return entry?.status === 'ready' && entry.query.version === expected
  }

const rejectedFor =
  (path: string, code: string): Condition =>
  (entries) => {
    const entry = entries.get(path)
    return entry?.status === 'rejected' && entry.reason.code === code
  }

const gone =
  (path: string): Condition =>
  (entries) =>
    !entries.has(path)

const answering = (text: string) => ({ query: queryResult({ version: text }) })

describe('without a restart and without a rescan', () => {
  test('a plugin directory renamed into place, and away again', async () => {
    const root = temporaryDirectory()
    const staged = plugin(join(root, 'staged'))
    const path = join(directory(join(root, 'volume.d')), 'org.xen.xapi.storage.demo')
    const { until, registry } = watching([root])
    expect(registry.snapshot().plugins).toEqual([])

    renameSync(staged, path)
    await until(ready(path))
    expect(await registry.find('demo')).toMatchObject({ path })

    renameSync(path, staged)
    await until(gone(path))
    await expect(registry.find('demo')).rejects.toMatchObject({ kind: 'NO_SUCH_PLUGIN' })
  })

  test('a plugin directory written file by file', async () => {
    const root = temporaryDirectory()
    const path = directory(join(root, DEMO))
    const { until } = watching([root])
    await until(rejectedFor(path, 'no-query'))

    script(join(path, 'Plugin.query'), printing(queryResult()))
    await until(ready(path))
    script(join(path, 'Volume.stat'), '')
    await until((entries) => {
      const entry = entries.get(path)
      return entry?.status === 'ready' && entry.plugin.scripts.has('Volume.stat')
    })
  })

  test('chmod +x later, of a Plugin.query and of a single file', async () => {
    const root = temporaryDirectory()
    const path = plugin(join(root, DEMO))
    const file = script(join(root, 'datapath.d/nbd'), printing(queryResult()), 0o644)
    chmodSync(join(path, 'Plugin.query'), 0o644)
    const { until } = watching([root])
    await until(rejectedFor(path, 'not-executable'))
    await until(rejectedFor(file, 'not-executable'))

    chmodSync(join(path, 'Plugin.query'), 0o755)
    await until(ready(path))
    chmodSync(file, 0o755)
    await until(ready(file))
  })

  test.each([
    ['a script', `${DEMO}/Plugin.query`],
    ['the plugin directory', DEMO],
  ])('%s that others may write, until that is mended', async (_what, writable) => {
    const root = temporaryDirectory()
    const path = plugin(join(root, DEMO))
    const { until } = watching([root])
    await until(ready(path))

    chmodSync(join(root, writable), 0o777)
    await until(rejectedFor(path, 'writable'))
    chmodSync(join(root, writable), 0o755)
    await until(ready(path))
  })

  test('a swapped symbolic link', async () => {
    const [root, versions] = [temporaryDirectory(), temporaryDirectory()]
    const path = join(directory(join(root, 'volume.d')), 'org.xen.xapi.storage.demo')
    symlinkSync(plugin(join(versions, 'v1'), answering('1')), path)
    plugin(join(versions, 'v2'), answering('2'))
    const { until } = watching([root])
    await until(version(path, '1'))

    symlinkSync(join(versions, 'v2'), join(root, 'new'))
    renameSync(join(root, 'new'), path)
    await until(version(path, '2'))
    rmSync(join(versions, 'v2'), { recursive: true })
    await until(rejectedFor(path, 'dangling-link'))
    plugin(join(versions, 'v2'), answering('3'))
    await until(version(path, '3'))
  })

  test('a swapped link in the middle of the path that a link names', async () => {
    const [root, releases] = [temporaryDirectory(), temporaryDirectory()]
    const path = join(directory(join(root, 'volume.d')), 'org.xen.xapi.storage.demo')
    for (const release of ['1', '2']) plugin(join(releases, release, 'plugin'), answering(release))
    symlinkSync('1', join(releases, 'current'))
    symlinkSync(join(releases, 'current/plugin'), path)
    const { until } = watching([root])
    await until(version(path, '1'))

    symlinkSync('2', join(releases, 'next'))
    renameSync(join(releases, 'next'), join(releases, 'current'))
    await until(version(path, '2'))
  })

  test('a script edited in place, and one that a link leads to', async () => {
    const [root, elsewhere] = [temporaryDirectory(), temporaryDirectory()]
    const own = plugin(join(root, DEMO), answering('1'))
    const linked = directory(join(root, 'datapath.d/nbd'))
    const target = script(join(elsewhere, 'plugin.sh'), printing(queryResult({ version: '1' })))
    symlinkSync(target, join(linked, 'Plugin.query'))
    const { until } = watching([root])
    await until(version(own, '1'))
    await until(version(linked, '1'))

    writeFileSync(join(own, 'Plugin.query'), printing(queryResult({ version: '2' })))
    await until(version(own, '2'))
    writeFileSync(target, printing(queryResult({ version: '2' })))
    await until(version(linked, '2'))
  })

  test('the whole root removed and made again, several times', async () => {
    const root = directory(join(temporaryDirectory(), 'root'))
    const path = plugin(join(root, DEMO), answering('0'))
    const { until } = watching([root])
    await until(version(path, '0'))

    for (const again of ['1', '2', '3']) {
      rmSync(root, { recursive: true })
      await until((_entries, { rejections }) => rejections[0]?.code === 'no-root')
      plugin(path, answering(again))
      await until(version(path, again))
      // The new directories are watched as the old ones were.
      writeFileSync(join(path, 'Plugin.query'), printing(queryResult({ version: `${again}b` })))
      await until(version(path, `${again}b`))
    }
  })

  test('the whole root removed and made again at once', async () => {
    const root = directory(join(temporaryDirectory(), 'root'))
    const path = plugin(join(root, DEMO), answering('1'))
    const { until } = watching([root])
    await until(version(path, '1'))

    rmSync(root, { recursive: true })
    plugin(path, answering('2'))
    await until(version(path, '2'))
    script(join(path, 'SR.ls'), '', 0o755)
    await until((entries) => {
      const entry = entries.get(path)
      return entry?.status === 'ready' && entry.plugin.scripts.has('SR.ls')
    })
  })

  test('a root that does not exist yet, nor what is above it', async () => {
    const base = temporaryDirectory()
    const root = join(base, 'a/b/c')
    const path = join(root, 'datapath/nbd')
    const { until } = watching([root])

    mkdirSync(join(base, 'a'))
    plugin(path)
    await until(ready(path))
    rmSync(join(base, 'a'), { recursive: true })
    await until((_entries, { rejections }) => rejections[0]?.code === 'no-root')
    plugin(path)
    await until(ready(path))
  })

  test('a directory above the root renamed', async () => {
    const base = temporaryDirectory()
    const root = join(base, 'a/b/root')
    const path = plugin(join(root, DEMO))
    const { until } = watching([root])
    await until(ready(path))

    renameSync(join(base, 'a'), join(base, 'z'))
    await until((_entries, { rejections }) => rejections[0]?.code === 'no-root')
    renameSync(join(base, 'z'), join(base, 'a'))
    await until(ready(path))
  })

  test('what an earlier root shadowed takes over when that is removed', async () => {
    const [first, second] = [temporaryDirectory(), temporaryDirectory()]
    const winner = plugin(join(first, DEMO))
    const shadowed = plugin(join(second, DEMO))
    const { until } = watching([first, second])
    await until(ready(winner))
    await until(rejectedFor(shadowed, 'shadowed'))

    rmSync(winner, { recursive: true })
    await until(ready(shadowed))
  })

  test('a plugin that failed is asked again though none of its files changed', async () => {
    const root = temporaryDirectory()
    const path = join(root, DEMO)
    const storage = join(temporaryDirectory(), 'storage')
    script(join(path, 'Plugin.query'), `#!/bin/sh\n[ -e ${storage} ] || exit 1\n${printing(queryResult()).slice(10)}`)
    const { until, calls, registry } = watching([root], { retry: 0.01 })
    await until(rejectedFor(path, 'bad-query-reply'))
    await expect(registry.find('demo')).rejects.toMatchObject({ kind: 'PLUGIN_REJECTED' })

    writeFileSync(storage, '')
    await until(ready(path))
    const asked = calls.length
    expect(asked).toBeGreaterThanOrEqual(2)
    expect(await registry.find('demo')).toMatchObject({ path })
    expect(calls).toHaveLength(asked)
  })

  test('a plugin that hangs keeps no other from coming', async () => {
    const root = temporaryDirectory()
    const hanging = join(root, 'volume.d/org.xen.xapi.storage.hangs')
    script(join(hanging, 'Plugin.query'), '#!/bin/sh\nexec sleep 60\n')
    const { until } = watching([root])

    const path = plugin(join(root, 'datapath.d/nbd'))
    const snapshot = await until(ready(path))
    expect(snapshot.plugins.find((entry) => entry.path === hanging)?.status).toBe('pending')
  })
})

describe('snapshots', () => {
  test('come only when something changed: files a plugin writes for itself and neighbours are nothing', async () => {
    const root = temporaryDirectory()
    const path = plugin(join(root, DEMO))
    const { until, snapshots } = watching([root])
    await until(ready(path))
    const before = snapshots.length

    writeFileSync(join(path, 'plugin.log'), 'a line')
    mkdirSync(join(path, '__pycache__'), { mode: 0o755 })
    writeFileSync(join(root, 'volume.d/.hidden'), '')
    writeFileSync(`${root}.neighbour`, '')
    onTestFinished(() => rmSync(`${root}.neighbour`))
    const sentinel = plugin(join(root, 'datapath.d/nbd'))
    await until(ready(sentinel))

    for (const snapshot of snapshots.slice(before))
      expect(snapshot.plugins.find((entry) => entry.path === path)?.status).toBe('ready')
    const texts = snapshots.map(fingerprint)
    for (const [index, text] of texts.entries()) expect(text).not.toBe(texts[index + 1])
  })

  test('never change after they were given out', async () => {
    const root = temporaryDirectory()
    const path = plugin(join(root, DEMO), answering('1'))
    const { until } = watching([root])
    const first = await until(version(path, '1'))
    const text = fingerprint(first)

    rmSync(path, { recursive: true })
    await until(gone(path))
    expect(fingerprint(first)).toBe(text)
    expect(() => (first.plugins as PluginEntry[]).pop()).toThrow(TypeError)
    expect(() => Object.assign(first.plugins[0] ?? {}, { status: 'rejected' })).toThrow(TypeError)
  })

  test('a plugin is asked once however many events its installation makes', async () => {
    const root = temporaryDirectory()
    directory(join(root, 'volume.d'))
    const { until, calls } = watching([root], { debounce: 0.2 })
    const path = join(root, DEMO)

    for (let i = 0; i < 20; i++) plugin(path, { scripts: [`SR.ls`] })
    await until(ready(path))
    expect(calls).toHaveLength(1)
  })
})

describe('closing', () => {
  test('leaves no watcher, timer or child: the process ends by itself', () => {
    const root = temporaryDirectory()
    plugin(join(root, DEMO))
    script(join(root, 'datapath.d/bad/Plugin.query'), '#!/bin/sh\nexit 1\n')
    script(join(root, 'datapath.d/hangs/Plugin.query'), '#!/bin/sh\nexec sleep 60\n')
    const at = (path: string) => JSON.stringify(resolve(import.meta.dirname, path))
    const program = `
      import { execFile } from 'node:child_process'
      import { writeFileSync } from 'node:fs'
      import { Registry } from ${at('../../src/registry/registry.ts')}
      const invoke = ({ script, signal }) => new Promise((resolve) => execFile(script, { signal }, (error, stdout) =>
        resolve({ outcome: error ? { ok: false, error } : { ok: true, value: JSON.parse(stdout) } })))
      const registry = new Registry({ roots: [${JSON.stringify(root)}], invoke })
      let isClosed = false
      registry.watch({ onSnapshot: (snapshot) => {
        if (isClosed) throw new Error('a snapshot after close')
        if (snapshot.plugins.filter(({ status }) => status !== 'pending').length < 2) return
        writeFileSync(${JSON.stringify(join(root, 'volume.d/noise'))}, '')
        isClosed = true
        registry.close()
        registry.close()
        const isOurs = (name) => name.startsWith('FSEvent') || name === 'Timeout'
        const check = () => process.getActiveResourcesInfo().some(isOurs) ? setImmediate(check) : console.log('released')
        check()
      } })`
    const argv = ['--import', 'tsx', '--input-type=module', '-e', program]
    expect(String(execFileSync(process.execPath, argv, { timeout: 200_000 }))).toBe('released\n')
  })

  test('a registry can be watched again, but not twice at once', async () => {
    const root = temporaryDirectory()
    const path = plugin(join(root, DEMO))
    const { registry, watch, until } = watching([root])
    await until(ready(path))
    expect(() => registry.watch({ onSnapshot: () => {} })).toThrow('already')

    watch.close()
    const later = registry.watch({ onSnapshot: () => {} })
    later.close()
  })
})
