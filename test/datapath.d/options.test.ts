import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { CACHE_MODES } from '../../src/engine/qsd/description.ts'
import { isObject, type QmpObject, withQmp } from '../../src/engine/qsd/qmp.ts'
import { io, nbdUriOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { NBD_NEEDS, nbdServer } from '../support/servers/nbd.ts'
import { imageDisks, withoutDaemon } from './image-disks.ts'
import { DISK_SIZE, MIB, type UnderTest, underTest } from './networked.ts'

/** What a test gives to a disk: in the query of the URI, or in config.json, against another value in the query. */
const SOURCES = ['the query', 'config.json'] as const
type Source = (typeof SOURCES)[number]

const CASES = SOURCES.flatMap((source) => [
  ...(['none', 'writeback', 'unsafe'] as const).map((cache) => [source, 'cache', cache] as const),
  ...(['off', 'on', 'unmap'] as const).map((value) => [source, 'detect-zeroes', value] as const),
  ...(['true', 'false'] as const).map((value) => [source, 'read-only', value] as const),
  ...(['bps-total', 'bps-read', 'iops-write'] as const).map((name) => [source, name, '7340032'] as const),
])

/** Another value than that of a case, which must not count. */
const OTHERS: Readonly<Record<string, (value: string) => string>> = {
  cache: (value) => (value === 'none' ? 'unsafe' : 'none'),
  'detect-zeroes': (value) => (value === 'on' ? 'off' : 'on'),
  'read-only': (value) => String(value !== 'true'),
}

describe.skipIf(withoutDaemon)('an option', () => {
  const it = imageDisks()
  afterEach(() => configure(it, {}))

  test.each(CASES)('from %s reaches the daemon: %s=%s', async (source, name, value) => {
    const uri = given(it, source, `${it.image('raw').uri}?engine=qsd`, name, value)
    const disk = await daemonOf(it, nbdUriOf(await it.use(uri)))
    if (name === 'cache') {
      const { direct, noFlush } = CACHE_MODES[value as keyof typeof CACHE_MODES]
      for (const node of [disk.node('file'), disk.node('format')]) {
        expect(node.cache).toMatchObject({ direct, 'no-flush': noFlush })
      }
    } else if (name === 'detect-zeroes') expect(disk.node('format').detect_zeroes).toBe(value)
    else if (name === 'read-only') expect(String(disk.node('format').ro)).toBe(value)
    else expect(disk.limits[name]).toBe(Number(value))
  })

  test.each(SOURCES.flatMap((source) => [[source, 'unmap'] as const, [source, 'ignore'] as const]))(
    'from %s decides what a discard does: %s',
    async (source, value) => {
      const { path, uri: plain } = it.image('raw')
      const uri = given(it, source, `${plain}?engine=qsd`, 'discard', value)
      const nbd = nbdUriOf(await it.use(uri))
      await io(nbd, ['write -P 0xa5 0 8M', 'flush'])
      const before = statSync(path).blocks
      await io(nbd, ['discard 0 8M', 'flush'], ['-d', 'unmap'])
      expect(statSync(path).blocks).toBe(value === 'unmap' ? before - (8 * MIB) / 512 : before)
    },
  )

  test('has values, and others are refused by whom they come from', async () => {
    const { uri } = it.image('raw')
    const failure = async (query: string) =>
      (await it.plugin.fail('Datapath.attach', { uri: `${uri}?${query}`, domain: '1' })).params.join(' ')
    expect(await failure('cache=fast')).toMatch(/DiskUriError.*cache is none or writeback or writethrough or unsafe/)
    expect(await failure('bps-total=0')).toMatch(/DiskUriError.*bps-total is a positive integer/)
    expect(await failure('colour=red')).toMatch(/DiskUriError.*no option colour/)
    configure(it, { colour: 'red' })
    expect(await failure('cache=none')).toMatch(/ConfigurationError.*config\.json.*no option colour/)
    configure(it, '["not an object"]')
    expect(await failure('cache=none')).toMatch(/ConfigurationError/)
  })
})

describe.skipIf(lacks(...NBD_NEEDS) || withoutDaemon)('cache=writethrough', () => {
  const it = underTest('datapath.d/nbd', () => nbdServer(['--filter=log', 'logfile=REQUESTS']))

  /** The writes that the server got. */
  function writes(): readonly string[] {
    const lines = readFileSync(join(it.server.host.directory, 'requests'), 'utf8').split('\n')
    return lines.filter((line) => / Write .* offset=/.test(line))
  }

  test('each write is on the storage before it is acknowledged', async () => {
    it.server.addExport('disk', DISK_SIZE)
    const uri = `nbd://${it.server.host.address}/disk`
    const commands = ['write -P 1 0 64k', 'write -P 1 1M 64k']
    await io(nbdUriOf(await it.use(uri)), commands, BUFFERED)
    await it.leave(uri)
    const before = writes()
    expect(before.length).toBeGreaterThanOrEqual(2)
    expect(before.filter((line) => line.includes('fua=1'))).toEqual([])
    await io(nbdUriOf(await it.use(`${uri}?cache=writethrough`)), commands, BUFFERED)
    const after = writes().slice(before.length)
    expect(after.length).toBeGreaterThanOrEqual(2)
    expect(after.filter((line) => !line.includes('fua=1'))).toEqual([])
  })
})

/** Without it, qemu-io itself asks for each write to be flushed. */
const BUFFERED = ['-t', 'writeback']

/** A URI with an option, or with another value of it where config.json has it. */
function given(it: UnderTest<unknown>, source: Source, uri: string, name: string, value: string): string {
  if (source === 'the query') return `${uri}&${name}=${value}`
  configure(it, { [name]: value })
  const other = OTHERS[name]?.(value) ?? (name === 'discard' ? (value === 'unmap' ? 'ignore' : 'unmap') : '1')
  return `${uri}&${name}=${other}`
}

function configure({ plugin }: UnderTest<unknown>, options: Readonly<Record<string, string>> | string): void {
  const text = typeof options === 'string' ? options : JSON.stringify({ scratch: plugin.scratch, ...options })
  writeFileSync(join(plugin.directory, 'config.json'), text)
}

/** What the daemon says about the disk of an export. */
async function daemonOf({ plugin }: UnderTest<unknown>, nbd: string) {
  const id = nbd.replace(/^.*exportname=/, '')
  const daemons = join(plugin.runDirectory, 'qsd')
  const directory = readdirSync(daemons).find((name) => nbd.includes(join(daemons, name)))
  return await withQmp(join(daemons, directory ?? '', 'qmp'), async (qmp) => {
    const nodes = await qmp.execute('query-named-block-nodes', { flat: true })
    const limits = await qmp.execute('qom-get', { path: `/objects/${id}-limits`, property: 'limits' })
    if (!Array.isArray(nodes) || !isObject(limits)) throw new Error('the daemon’s answer is none')
    return {
      limits,
      node(kind: 'file' | 'format'): QmpObject {
        const found = nodes.filter(isObject).find((node) => node['node-name'] === `${id}-${kind}`)
        if (found === undefined) throw new Error(`the daemon has no node ${id}-${kind}`)
        return found
      },
    }
  })
}
