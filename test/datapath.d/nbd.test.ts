import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { describe, expect, test } from 'vitest'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { io, nbdUriOf, processesNaming } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { textsBelow } from '../support/secrets.ts'
import { NBD_NEEDS, nbdServer } from '../support/servers/nbd.ts'
import { DISK_SIZE, READ, testsOfEveryScheme, underTest, WRITE } from './networked.ts'

const missing = lacks(...NBD_NEEDS, 'qemu-storage-daemon', 'qemu-img', 'qemu-io')

async function start() {
  const server = await nbdServer()
  let disks = 0
  return {
    ...server,
    async newDisk() {
      const name = `disk${++disks}`
      server.addExport(name, DISK_SIZE)
      return `nbd://${server.host.address}/${name}`
    },
  }
}

describe.skipIf(missing)('nbd', () => {
  const it = underTest('datapath.d/nbd', start)
  testsOfEveryScheme(it)

  test('an export that there is not, options and URIs that make no sense', async () => {
    const uri = await it.server.newDisk()
    const failure = async (wrong: string) =>
      (await it.plugin.fail('Datapath.attach', { uri: wrong, domain: '1' })).params.join(' ')
    expect(await failure(`${uri}-other`)).toMatch(/DiskOpenError.*cannot open nbd:.*-other: .*not available/)
    expect(await failure(`${uri}?socks=1`)).toMatch(/DiskUriError.*no option socks/)
    expect(await failure('nbd:///disk')).toMatch(/DiskUriError.*names no server/)
  })

  test('a qcow2 image in an export, by the option format', async () => {
    const uri = await it.server.newDisk()
    const path = join(it.server.directory, uri.replace(/^.*\//, ''))
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', path, '8M'])
    // An export does not grow.
    truncateSync(path, DISK_SIZE)
    const formatted = `${uri}?format=qcow2`
    await io(nbdUriOf(await it.use(formatted)), WRITE)
    await it.leave(formatted)
    await io(nbdUriOf(await it.use(formatted)), READ)
  })
})

describe.skipIf(missing)('nbd with a key that both sides know', () => {
  const it = underTest('datapath.d/nbd', () => secured((keys) => [`--tls-psk=${keys}`]))

  test('lets in who has it, and shows it nobody', async () => {
    const uri = `${it.server.uri}?tls-psk-file=${it.server.keys}`
    await io(nbdUriOf(await it.use(uri)), WRITE)
    await it.leave(uri)
    await io(nbdUriOf(await it.use(uri)), READ)
    expect(processesNaming(KEY)).toEqual([])
    expect(textsBelow(it.plugin.runDirectory)).not.toContain(KEY)
    expect(await it.plugin.call('Plugin.diagnostics', {})).not.toContain(KEY)
  })

  test.skipIf(lacks('python3'))('is the target of a mirror, for who has it', async () => {
    it.server.addExport('copy', DISK_SIZE)
    const key = `?tls-psk-file=${it.server.keys}`
    const [uri, copy] = [`${it.server.uri}${key}`, `${it.server.uri.replace(/disk$/, 'copy')}${key}`]
    await io(nbdUriOf(await it.use(uri)), WRITE)
    const mirror = { uri, domain: '1', remote: copy.replace(/^nbd:/, 'nbds:').replace(key, '') }
    expect((await it.plugin.fail('Data.mirror', mirror)).params.join(' ')).toMatch(/DiskUriError.*demands TLS/)
    const operation = await it.plugin.call('Data.mirror', { ...mirror, remote: `${mirror.remote}${key}` })
    const isComplete = async () => (await it.plugin.call('Data.stat', { operation })).complete
    expect(await waitUntil(isComplete, 60_000)).toBe(true)
    expect(processesNaming(KEY)).toEqual([])
    await it.leave(uri)
    await it.plugin.call('Data.destroy', { operation })
    await io(nbdUriOf(await it.use(copy)), READ)
  })

  test('refuses others, who are told', async () => {
    const failure = async (uri: string) =>
      (await it.plugin.fail('Datapath.attach', { uri, domain: '1' })).params.join(' ')
    const wrong = join(mkdtempSync(join(it.server.host.directory, 'wrong-')), 'keys.psk')
    writeFileSync(wrong, `alice:${KEY.replaceAll('a', 'b')}\n`, { mode: 0o600 })
    expect(await failure(`${it.server.uri}?tls-psk-file=${wrong}`)).toMatch(/DiskOpenError.*nbd:/)
    expect(await failure(it.server.uri)).toMatch(/TLS/)
    chmodSync(wrong, 0o644)
    expect(await failure(`${it.server.uri}?tls-psk-file=${wrong}`)).toMatch(/CredentialsError.*chmod 600/)
    expect(await failure(`${it.server.uri}?tls-hostname=x`)).toMatch(/DiskUriError/)
  })
})

describe.skipIf(missing || lacks('openssl'))('nbds', () => {
  const it = underTest('datapath.d/nbds', () => secured((_, certificates) => [`--tls-certificates=${certificates}`]))

  test('reaches the server that has the right certificate, and nothing without TLS', async () => {
    const uri = it.server.uri.replace(/^nbd:/, 'nbds:')
    const failure = async (wrong: string) =>
      (await it.plugin.fail('Datapath.attach', { uri: wrong, domain: '1' })).params.join(' ')
    expect(await failure(uri)).toMatch(/DiskUriError.*demands TLS.*tls-certificates/)
    const named = `${uri}?tls-certificates=${it.server.certificates}&tls-hostname=`
    await io(nbdUriOf(await it.use(`${named}storage.example`)), WRITE)
    expect(await failure(`${named}other.example`)).toMatch(/certificate/i)
    await it.leave(`${named}storage.example`)
    await io(nbdUriOf(await it.use(`${named}storage.example`)), READ)
  })
})

describe.skipIf(missing || lacks('openssl'))('nbds+unix', () => {
  const it = underTest('datapath.d/nbds+unix', () => secured((keys) => [`--tls-psk=${keys}`]))

  test.each(['tls-certificates', 'tls-psk-file'])('reaches a server of QEMU by %s', async (option) => {
    const { certificates, keys, host } = it.server
    const socket = join(host.directory, `${option}.sock`)
    const image = it.server.addExport(option, DISK_SIZE)
    const credentials = { 'tls-certificates': 'tls-creds-x509,verify-peer=off', 'tls-psk-file': 'tls-creds-psk' }
    const kind = credentials[option as keyof typeof credentials]
    const server = host.start('qemu-nbd', [
      ...[
        '--persistent',
        '--shared=0',
        '--socket',
        socket,
        '--format',
        'raw',
        '--export-name',
        'disk',
        '--tls-creds',
        'tls',
      ],
      ...['--object', `${kind},id=tls,endpoint=server,dir=${certificates}`, image],
    ])
    await server.ready(() => Promise.resolve(existsSync(socket)))
    const tls = option === 'tls-psk-file' ? keys : `${certificates}&tls-hostname=storage.example`
    const user = option === 'tls-psk-file' ? 'alice@' : ''
    const uri = `nbds+unix://${user}/disk?socket=${socket}&${option}=${tls}`
    await io(nbdUriOf(await it.use(uri)), WRITE)
    await it.leave(uri)
    await io(nbdUriOf(await it.use(uri)), READ)
    await it.leave(uri)
    const { params } = await it.plugin.fail('Datapath.attach', { uri: uri.replace(/&.*/, ''), domain: '1' })
    expect(params.join(' ')).toMatch(/DiskUriError.*demands TLS/)
  })
})

describe.skipIf(missing || lacks('openssl'))('nbd with certificates', () => {
  const it = underTest('datapath.d/nbd', () => secured((_, certificates) => [`--tls-certificates=${certificates}`]))

  test('reaches the server that has the right one', async () => {
    const uri = `${it.server.uri}?tls-certificates=${it.server.certificates}&tls-hostname=`
    await io(nbdUriOf(await it.use(`${uri}storage.example`)), WRITE)
    const { params } = await it.plugin.fail('Datapath.attach', { uri: `${uri}other.example`, domain: '2' })
    expect(params.join(' ')).toMatch(/certificate/i)
  })
})

const KEY = 'a'.repeat(64)

/** A server that demands TLS, with a disk, the keys of alice, and certificates of storage.example. */
async function secured(tls: (keys: string, certificates: string) => readonly string[]) {
  const { path: directory, cleanup } = await dir({ unsafeCleanup: true, prefix: 'smapiv3-tls-' })
  const keys = join(directory, 'keys.psk')
  writeFileSync(keys, `alice:${KEY}\n`, { mode: 0o600 })
  makeCertificates(directory)
  const server = await nbdServer(['--tls=require', ...tls(keys, directory)])
  server.addExport('disk', DISK_SIZE)
  return {
    ...server,
    uri: `nbd://alice@${server.host.address}/disk`,
    keys,
    certificates: directory,
    async remove() {
      await server.remove()
      await cleanup()
    },
  }
}

function makeCertificates(directory: string): void {
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
  }
  const key = ['-newkey', 'rsa:2048', '-nodes']
  const authority = ['-addext', 'keyUsage=critical,keyCertSign', '-subj', '/CN=authority', '-days', '2']
  openssl('req', '-x509', ...key, '-keyout', 'ca-key.pem', '-out', 'ca-cert.pem', ...authority)
  openssl('req', ...key, '-keyout', 'server-key.pem', '-out', 'server.csr', '-subj', '/CN=storage.example')
  writeFileSync(
    join(directory, 'extensions'),
    'subjectAltName=DNS:storage.example\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\n',
  )
  const signed = ['-CA', 'ca-cert.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', 'extensions']
  openssl('x509', '-req', '-in', 'server.csr', '-out', 'server-cert.pem', '-days', '2', ...signed)
}
