import { chmodSync, chownSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Smapiv3Error } from '../../src/contract/errors.ts'
import { METHOD_NAMES, type MethodName } from '../../src/contract/methods.ts'
import { findPlugin, kindOfMethod } from '../../src/registry/find.ts'
import { scriptOf } from '../../src/registry/plugin.ts'
import { lacks } from '../support/needs.ts'
import { directory, plugin, script, temporaryDirectory } from './fixtures.ts'

const FILE = 'org.xen.xapi.storage.file'

function rootWithFile(): string {
  const root = temporaryDirectory()
  plugin(join(root, 'volume.d', FILE), { scripts: ['Volume.stat'] })
  plugin(join(root, 'datapath.d/file'), { scripts: ['Datapath.attach'] })
  plugin(join(root, 'datapath.d/raw+file'))
  return root
}

/** What a function throws, which must be a Smapiv3Error. */
function errorOf(run: () => unknown): Smapiv3Error {
  try {
    run()
  } catch (error) {
    if (error instanceof Smapiv3Error) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('findPlugin', () => {
  test.each([
    [FILE, undefined, `volume.d/${FILE}`],
    ['file', undefined, `volume.d/${FILE}`],
    ['file', 'volume', `volume.d/${FILE}`],
    ['file', 'datapath', 'datapath.d/file'],
    ['FILE', 'datapath', 'datapath.d/file'],
    ['raw+file', undefined, 'datapath.d/raw+file'],
  ] as const)('%s as %s is %s', (name, kind, expected) => {
    const root = rootWithFile()
    expect(findPlugin([root], name, kind).path).toBe(join(root, expected))
  })

  test('the class of a method says which kind is meant', () => {
    const kinds = (['SR.ls', 'Volume.stat', 'Datapath.attach', 'Data.copy', 'Plugin.query'] as const).map(kindOfMethod)
    expect(kinds).toEqual(['volume', 'volume', 'datapath', 'datapath', undefined])
  })

  test('a path names a plugin in or outside of the roots, absolute or relative, directory or file', () => {
    const root = rootWithFile()
    const outside = plugin(join(temporaryDirectory(), 'acme'), { scripts: ['Datapath.attach'] })
    const file = script(join(root, 'datapath.d/nbd'), '')

    expect(findPlugin([], join(root, 'volume.d', FILE))).toMatchObject({ kind: 'volume', shape: 'directory' })
    expect(findPlugin([], `${join(root, 'datapath.d/file')}/`, 'volume')).toMatchObject({ kind: 'datapath' })
    expect(findPlugin([], relative(process.cwd(), outside))).toMatchObject({ kind: 'datapath', path: outside })
    expect(findPlugin([], outside, 'volume')).toMatchObject({ kind: 'volume' })
    expect(findPlugin([], file)).toMatchObject({ kind: 'datapath', shape: 'file' })
  })

  test('an unknown name lists the names there are', () => {
    const root = rootWithFile()
    const { kind, message } = errorOf(() => findPlugin([root, join(root, 'absent')], 'lvm'))

    expect(kind).toBe('NO_SUCH_PLUGIN')
    for (const part of ['"lvm"', FILE, 'raw+file', `${join(root, 'absent')} does not exist`])
      expect(message).toContain(part)
    expect(errorOf(() => findPlugin([root], 'lvm', 'datapath')).message).not.toContain(FILE)
  })

  test.each([
    '',
    '.',
    '..',
    '.hidden',
    'volume.d',
    '\0',
    'a\0b',
    '/absent/plugin',
    './..',
    '../',
    '/\0',
    '🦊'.repeat(2560),
  ])('never resolves %j', (name) => {
    const root = rootWithFile()
    plugin(join(root, 'volume.d/.hidden'))
    expect(errorOf(() => findPlugin([root], name)).exitStatus).toBe(4)
  })

  test('a last component that two plugins share is not guessed', () => {
    const root = rootWithFile()
    plugin(join(root, 'volume.d/com.acme.file'))
    const { kind, message } = errorOf(() => findPlugin([root], 'file', 'volume'))

    expect(kind).toBe('NO_SUCH_PLUGIN')
    expect(message).toContain(`com.acme.file or ${FILE}`)
  })

  test('first root wins, broken or not', () => {
    const [first, second] = [temporaryDirectory(), rootWithFile()]
    directory(join(first, 'volume.d', FILE))
    const { kind, message, params } = errorOf(() => findPlugin([first, second], 'file'))

    expect(kind).toBe('PLUGIN_REJECTED')
    expect(message).toContain('no Plugin.query')
    expect(params).toEqual(['no-query', join(first, 'volume.d', FILE)])
  })

  test('what may be written by others is refused by name and by path, and found once that is mended', () => {
    const root = rootWithFile()
    const path = join(root, 'volume.d', FILE)
    chmodSync(join(path, 'Volume.stat'), 0o757)
    for (const name of ['file', path]) {
      const error = errorOf(() => findPlugin([root], name))
      expect(error.kind).toBe('PLUGIN_REJECTED')
      expect(error.recovery).toContain(`chmod go-w ${join(path, 'Volume.stat')}`)
    }
    chmodSync(join(path, 'Volume.stat'), 0o755)
    expect(findPlugin([root], 'file').path).toBe(path)
  })

  test('a plugin in a directory that others may write is refused, however it is named', () => {
    const root = rootWithFile()
    chmodSync(join(root, 'volume.d'), 0o777)

    expect(errorOf(() => findPlugin([root], join(root, 'volume.d', FILE))).kind).toBe('PLUGIN_REJECTED')
    const byName = errorOf(() => findPlugin([root], 'file', 'volume'))
    expect(byName.kind).toBe('PLUGIN_REJECTED')
    expect(byName.message).toContain(`${join(root, 'volume.d')} may be written by everybody`)
    chmodSync(root, 0o777)
    expect(errorOf(() => findPlugin([root], 'file')).message).toContain(`${root} may be written by everybody`)
  })
})

describe('scriptOf', () => {
  test('gives every method of a single file that file', () => {
    const root = temporaryDirectory()
    const path = script(join(root, 'datapath.d/nbd'), '')
    expect(scriptOf(findPlugin([root], 'nbd'), 'Datapath.attach').path).toBe(path)
    rmSync(path)
    const gone = findPlugin.bind(undefined, [root], 'nbd')
    expect(errorOf(gone).kind).toBe('NO_SUCH_PLUGIN')
  })

  test('reads the disk at each call: nothing that was found before is believed', () => {
    const found = findPlugin([rootWithFile()], 'file')
    const at = (name: string) => join(found.path, name)
    expect(errorOf(() => scriptOf(found, 'SR.ls'))).toMatchObject({ kind: 'SCRIPT_MISSING', exitStatus: 4 })

    script(at('SR.LS'), '', 0o644)
    expect(errorOf(() => scriptOf(found, 'SR.ls'))).toMatchObject({ kind: 'SCRIPT_NOT_EXECUTABLE' })
    chmodSync(at('SR.LS'), 0o755)
    expect(scriptOf(found, 'SR.ls').path).toBe(at('SR.LS'))
    script(at('SR.ls'), '')
    expect(scriptOf(found, 'SR.ls').path).toBe(at('SR.ls'))
    renameSync(at('SR.ls'), at('SR.lS'))
    expect(scriptOf(found, 'SR.ls').path).toBe(at('SR.LS'))
    rmSync(at('Volume.stat'))
    expect(errorOf(() => scriptOf(found, 'Volume.stat')).message).toContain(`${found.path} has no Volume.stat`)
    rmSync(found.path, { recursive: true })
    expect(errorOf(() => scriptOf(found, 'SR.ls')).kind).toBe('SCRIPT_MISSING')
  })

  test('a script that others may write meanwhile is refused, whatever its case', () => {
    const found = findPlugin([rootWithFile()], 'file')
    script(join(found.path, 'SR.LS'), '', 0o777)
    chmodSync(join(found.path, 'Volume.stat'), 0o757)

    for (const method of ['SR.ls', 'Volume.stat'] as const)
      expect(errorOf(() => scriptOf(found, method)).kind).toBe('PLUGIN_REJECTED')
  })

  test('a plugin directory that others may write meanwhile is refused', () => {
    const found = findPlugin([rootWithFile()], 'file')
    chmodSync(found.path, 0o777)
    expect(errorOf(() => scriptOf(found, 'Volume.stat')).kind).toBe('PLUGIN_REJECTED')
  })

  test.skipIf(lacks('root'))('a script that links to what somebody else owns is refused', () => {
    const found = findPlugin([rootWithFile()], 'file')
    const outside = script(join(temporaryDirectory(), 'evil'), '#!/bin/sh\n')
    chownSync(outside, 65_534, 65_534)
    symlinkSync(outside, join(found.path, 'SR.ls'))
    expect(errorOf(() => scriptOf(found, 'SR.ls')).message).toContain(`${outside} is owned by user 65534`)
  })

  test.each(['../../evil', 'SR.ls/../../evil', 'SR.ls\0', '..', '', 'constructor', 'toString', 'helper.py'])(
    'the method %j never names a file',
    (method) => {
      const root = rootWithFile()
      script(join(root, 'evil'), '')
      const found = findPlugin([root], 'file')
      script(join(found.path, 'helper.py'), '')
      expect(errorOf(() => scriptOf(found, method as MethodName)).kind).toBe('NO_SUCH_METHOD')
    },
  )

  test('every method of the interface finds its own script', () => {
    const root = temporaryDirectory()
    plugin(join(root, 'volume.d/all'), { scripts: METHOD_NAMES.filter((method) => method !== 'Plugin.query') })
    const found = findPlugin([root], 'all')
    for (const method of METHOD_NAMES) expect(scriptOf(found, method).path).toBe(join(found.path, method))
  })
})
