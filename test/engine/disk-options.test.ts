import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CredentialsError, credentialsOf } from '../../src/engine/credentials.ts'
import { ConfigurationError, describeDisk, pluginConfiguration, readOptions } from '../../src/engine/disk-options.ts'
import { DiskUriError, parseDiskUri } from '../../src/engine/disk-uri.ts'
import { parseNbdAddress } from '../../src/engine/nbd-uri.ts'
import { scratch } from '../support/scratch.ts'

const NONE: ReadonlyMap<string, string> = new Map()

function options(query: string, own = {}, unknown: 'refused' | 'passed on' = 'refused', configuration = NONE) {
  return readOptions(parseDiskUri(`nfs://server/image?${query}`), own, unknown, configuration)
}

describe('the URI of a disk', () => {
  test('in all its parts, percent-decoded', () => {
    const { text, query, ...parts } = parseDiskUri('RBD://us%40er:p%3Aw@Pool:6789/an%20image?id=admin&conf=%2Fetc%2Fc')
    expect(parts).toEqual({
      scheme: 'rbd',
      user: 'us@er',
      password: 'p:w',
      host: 'Pool',
      port: 6789,
      path: '/an image',
    })
    expect([...query]).toEqual([
      ['id', 'admin'],
      ['conf', '/etc/c'],
    ])
  })

  test.each([
    ['nbd://[::1]:10809/x', { host: '::1', port: 10_809, path: '/x' }],
    ['file:/a/b', { host: '', path: '/a/b' }],
    ['file:///a/../b', { host: '', path: '/a/../b' }],
    ['iscsi://u@h/iqn.2003-01.org:x/1', { user: 'u', host: 'h', path: '/iqn.2003-01.org:x/1' }],
  ])('%s', (text, parts) => {
    expect(parseDiskUri(text)).toMatchObject(parts)
  })

  test.each([
    ['/no/scheme', 'scheme'],
    ['nfs://h/x#y', '%23'],
    ['nfs://h:99999/x', 'port'],
    ['nfs://a:b:c/x', '//'],
    ['nfs://h/%zz', 'hexadecimal'],
    ['nfs://h/a%00', 'NUL'],
    ['nfs://h/x?a', 'name=value'],
    ['nfs://h/x?a=1&a=2', 'twice'],
  ])('%s is refused, and said why', (text, reason) => {
    expect(() => parseDiskUri(text)).toThrow(reason)
    expect(() => parseDiskUri(text)).toThrow(DiskUriError)
  })

  test('a refusal does not repeat the password', () => {
    expect(() => parseDiskUri('nfs://user:hunter2@h/x#y')).toThrow(/^(?!.*hunter2)/s)
  })
})

describe('options', () => {
  test('without any, the defaults', () => {
    expect(options('')).toEqual({
      backend: 'vbd',
      discard: 'unmap',
      readOnly: false,
      detectZeroes: 'off',
      targetTimeout: 20,
      own: NONE,
    })
  })

  test('all of them', () => {
    const query =
      'format=vhd&backend=qdisk&cache=unsafe&discard=ignore&read-only=true&detect-zeroes=unmap&bps-read=1048576&iops-total=9007199254740993&credentials=/c&scratch=/s&target-timeout=7&conf=/x'
    expect(options(query, { conf: 'absolute path' })).toEqual({
      format: 'vhd',
      backend: 'qdisk',
      cache: 'unsafe',
      discard: 'ignore',
      readOnly: true,
      detectZeroes: 'unmap',
      limits: { 'bps-read': 1_048_576, 'iops-total': 9_007_199_254_740_993n },
      credentials: '/c',
      scratch: '/s',
      targetTimeout: 7,
      own: new Map([['conf', '/x']]),
    })
  })

  test.each([
    ['cash=none', 'no option cash'],
    ['conf=/x', 'no option conf'],
    ['toString=1', 'no option toString'],
    ['cache=fast', 'cache is none or writeback'],
    ['iops-total=0', 'positive integer'],
    ['bps-total=1e6', 'positive integer'],
    ['scratch=here', 'absolute path'],
  ])('%s is refused by name', (query, reason) => {
    expect(() => options(query)).toThrow(reason)
  })

  test('what is the server’s can be left to it', () => {
    expect(options('cache=none&token=x', {}, 'passed on')).toMatchObject({ cache: 'none', own: NONE })
  })

  test('the configuration wins, and is checked as strictly', () => {
    expect(options('cache=none', {}, 'refused', new Map([['cache', 'unsafe']])).cache).toBe('unsafe')
    expect(() => options('', {}, 'passed on', new Map([['cash', 'x']]))).toThrow(ConfigurationError)
  })

  test('config.json: texts, numbers and booleans', () => {
    const directory = scratch()
    expect(pluginConfiguration(directory)).toEqual(NONE)
    writeFileSync(join(directory, 'config.json'), '{"cache": "none", "iops-total": 100, "read-only": true}')
    expect(options('', {}, 'refused', pluginConfiguration(directory))).toMatchObject({
      cache: 'none',
      limits: { 'iops-total': 100 },
      readOnly: true,
    })
    for (const wrong of ['[]', '{', '{"cache": {}}']) {
      writeFileSync(join(directory, 'config.json'), wrong)
      expect(() => pluginConfiguration(directory)).toThrow(ConfigurationError)
    }
  })

  test('a disk is described by its storage where the options say nothing', () => {
    const protocol = { driver: 'file', filename: '/d.vhdx' } as const
    expect(describeDisk({ protocol, path: '/d.vhdx' }, options(''))).toMatchObject({ format: 'vhdx', cache: 'none' })
    const storage = { protocol, path: '/d.vhdx', cache: 'writeback', readOnly: true } as const
    expect(describeDisk(storage, options('format=raw&cache=unsafe'))).toMatchObject({
      format: 'raw',
      cache: 'unsafe',
      readOnly: true,
    })
    expect(describeDisk({ protocol, path: '/d', format: 'vhd' }, options('format=raw')).format).toBe('vhd')
  })
})

describe('credentials', () => {
  const uri = parseDiskUri('iscsi://me:in-uri@h/x/1')

  test('of the URI, unless a file is named', () => {
    expect(credentialsOf(uri, {})).toEqual({ user: 'me', password: 'in-uri' })
    const path = join(scratch(), 'c')
    writeFileSync(path, '# comment\nusername=chap\npassword= a=b \n', { mode: 0o600 })
    expect(credentialsOf(uri, { credentials: path })).toEqual({ user: 'chap', password: ' a=b ' })
  })

  test('a file that others can read, that is missing, or that is something else is refused without its content', () => {
    const path = join(scratch(), 'c')
    expect(() => credentialsOf(uri, { credentials: path })).toThrow(CredentialsError)
    writeFileSync(path, 'hunter2\n', { mode: 0o600 })
    expect(() => credentialsOf(uri, { credentials: path })).toThrow(/line 1(?!.*hunter2)/)
    chmodSync(path, 0o640)
    expect(() => credentialsOf(uri, { credentials: path })).toThrow('chmod 600')
  })
})

test.each([
  ['nbd:unix:/run/s:exportname=a:b', { server: { type: 'unix', path: '/run/s' }, export: 'a:b' }],
  ['nbd:unix:/run/s', { server: { type: 'unix', path: '/run/s' }, export: '' }],
  ['nbd:h:10810:exportname=x', { server: { type: 'inet', host: 'h', port: '10810' }, export: 'x' }],
  ['nbd:[::1]:10810', { server: { type: 'inet', host: '::1', port: '10810' }, export: '' }],
  ['nbd://h/a/b', { server: { type: 'inet', host: 'h', port: '10809' }, export: 'a/b' }],
  ['nbd://[::1]:1/', { server: { type: 'inet', host: '::1', port: '1' }, export: '' }],
  ['nbd+unix:///x%20y?socket=/run/s', { server: { type: 'unix', path: '/run/s' }, export: 'x y' }],
])('the NBD export %s', (text, address) => {
  expect(parseNbdAddress(text)).toEqual(address)
})

test.each(['nbd:///x', 'nbd+unix:///x', 'nbd+unix://h/x?socket=/s', 'nbds://h/x', 'tcp'])(
  '%s is no NBD export',
  (text) => {
    expect(() => parseNbdAddress(text)).toThrow(DiskUriError)
  },
)
