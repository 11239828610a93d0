/** What the doctor says of the engines, as they are here and where they are not. */
import { execFile } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findingsIn } from '../../src/cli/doctor/engines.ts'
import { lacks, libraryOf } from '../support/needs.ts'
import { queryResult, ScriptedPlugin } from '../support/scripted-plugin.ts'
import { MAIN, PACKAGE, Place } from './smapiv3.ts'

interface Finding {
  readonly subject: string
  readonly status: string
  readonly message: string
  readonly recovery?: string
}

let place: Place

beforeAll(async () => {
  place = await Place.make()
})

afterAll(() => place.remove())

function ofSubject(value: unknown, subject: string): Finding[] {
  return (value as { findings: Finding[] }).findings.filter((finding) => finding.subject === subject)
}

test('lines about engines are told from others', () => {
  const said =
    'engine: a 1.0 (x: y)\nmissing: b; apt-get install b; reboot\nlimited: c; d\nengineer: e\nsr: f\n  missing: g'
  expect(findingsIn(said, 's')).toEqual([
    { subject: 's', status: 'ok', message: 'engine: a 1.0 (x: y)' },
    { subject: 's', status: 'missing', message: 'missing: b', recovery: 'apt-get install b; reboot' },
    { subject: 's', status: 'note', message: 'limited: c', recovery: 'd' },
  ])
})

test('a plugin whose diagnostics fail is broken', async () => {
  const plugin = new ScriptedPlugin(place.root, 'datapath', 'ill', { 'Plugin.query': queryResult('ill') })
  plugin.fail('Plugin.diagnostics', ['the disk is on fire'])
  const { status, value } = await place.json('doctor')
  expect(status).toBe(6)
  expect(ofSubject(value, 'datapath ill').at(-1)).toMatchObject({
    status: 'broken',
    message: expect.stringContaining('the disk is on fire'),
  })
})

const ENGINES = ['qemu-storage-daemon', 'qemu-block-extra', 'nbdkit', 'smbnetfs'] as const

describe.skipIf(lacks(...ENGINES))('the bundled plugins', () => {
  test('name the engine of each scheme, with its version', async () => {
    const { status, value } = await place.json('--root', PACKAGE, 'doctor')
    expect(status).toBe(0)
    const engines = (scheme: string) => ofSubject(value, `datapath ${scheme}`).map(({ message }) => message)
    for (const scheme of ['file', 'nfs', 'smb', 'rbd', 'iscsi', 'nbd', 'nbd+unix', 'nbds', 'nbds+unix', 'https'])
      expect(engines(scheme)).toContainEqual(expect.stringMatching(/^engine: qemu-storage-daemon \d+\.\d+/))
    const libraries = { nfs: 'libnfs', iscsi: 'libiscsi', rbd: 'librbd', https: 'libcurl-gnutls' }
    for (const [scheme, library] of Object.entries(libraries))
      expect(engines(scheme)).toContainEqual(expect.stringMatching(`^engine: ${library}\\.so\\.\\d`))
    expect(engines('smb')).toContainEqual(expect.stringMatching(/^engine: (smbnetfs|mount\.cifs) \d/))
    expect(engines('https')).toContainEqual(expect.stringMatching(/^engine: nbdkit \d/))
  })
})

/** Runs a command where neither qemu-storage-daemon nor the drivers of QEMU nor smbnetfs are installed. */
const WITHOUT = `set -e
mount --bind /usr/bin "$1"
mount -t tmpfs none /usr/bin
"$1/cp" --recursive --symbolic-link "$1/." /usr/bin
for program in $3; do rm "/usr/bin/$program"; done
mount -t tmpfs none "$2"
shift 3
exec "$@"
`

describe.skipIf(lacks('root', 'losetup', ...ENGINES))('where the engines are missing', () => {
  let server: Server

  beforeAll(async () => {
    mkdirSync(join(place.path, 'bin'))
    writeFileSync(join(place.path, 'without.sh'), WITHOUT)
    // Nothing is said to it: the driver is missing before.
    server = createServer((socket) => socket.on('error', () => {}))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => server.close())

  async function without(programs: string, ...words: string[]): Promise<{ status: number; value: unknown }> {
    const script = [join(place.path, 'without.sh'), join(place.path, 'bin'), libraryOf('qemu'), programs]
    const command = [process.execPath, MAIN, '--root', PACKAGE, '--json', ...words]
    const env = { ...place.environment(), SMAPIV3_RUN_DIR: join(place.path, 'run') }
    const arguments_ = ['--mount', 'sh', ...script, ...command]
    const { stdout, code = 0 } = await promisify(execFile)('unshare', arguments_, { env }).catch((error) => error)
    return { status: code, value: JSON.parse(stdout) }
  }

  test('the doctor names the packages, and nothing is broken', async () => {
    const { status, value } = await without('qemu-storage-daemon smbnetfs', 'doctor')
    expect(status).toBe(0)
    const recoveries = (scheme: string) =>
      ofSubject(value, `datapath ${scheme}`).flatMap(({ status, recovery }) => (status === 'missing' ? [recovery] : []))
    const daemon = 'apt-get install qemu-system-common'
    const drivers = 'apt-get install qemu-block-extra'
    expect(recoveries('file')).toEqual([daemon])
    expect(recoveries('nbd')).toEqual([daemon])
    expect(recoveries('smb')).toEqual([daemon, 'apt-get install smbnetfs'])
    for (const scheme of ['nfs', 'iscsi', 'rbd', 'https']) expect(recoveries(scheme)).toEqual([daemon, drivers])
  })

  test.each<[missing: string, programs: string, packageName: string, uri: () => string]>([
    ['qemu-storage-daemon', 'qemu-storage-daemon', 'qemu-system-common', () => `file://${image()}`],
    ['driver iscsi', '', 'qemu-block-extra', () => `iscsi://127.0.0.1:${port()}/iqn.2024-01.org.example:disks/1`],
    ['driver https', '', 'qemu-block-extra', () => `https://127.0.0.1:${port()}/disk.raw`],
  ])('attach without %s is an error that says so', async (missing, programs, packageName, uri) => {
    const name = uri()
    const scheme = name.slice(0, name.indexOf(':'))
    const { status, value } = await without(programs, 'call', scheme, 'Datapath.attach', `uri=${name}`, 'domain=1')
    expect(status).toBe(1)
    const { error } = value as { error: { params: string[] } }
    expect(error.params[0]).toBe('MissingDependency')
    expect(error.params[1]).toContain(missing)
    expect(error.params[1]).toContain(packageName)
  })

  function image(): string {
    const path = join(place.path, 'disk.qcow2')
    writeFileSync(path, '')
    truncateSync(path, 2 ** 20)
    return path
  }

  function port(): number {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
})
