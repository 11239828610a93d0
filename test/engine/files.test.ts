import { execFile, spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { dir } from 'tmp-promise'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { afresh, readFilesOf, removeRunFile, writeFileAtomic } from '../../src/engine/atomic-file.ts'
import { differingBlocks } from '../../src/engine/compare.ts'
import { copyImage } from '../../src/engine/copy.ts'
import { formatFileUri, parseFileUri } from '../../src/engine/file-uri.ts'
import { lock } from '../../src/engine/lock.ts'
import { runDirectory } from '../../src/engine/run-directory.ts'
import { allocatedBytes } from '../../src/engine/space.ts'
import { runTool } from '../../src/engine/tool.ts'

const BLOCK = 65536
const GIB = 2 ** 30

let directory: string
let cleanup: () => Promise<void>

beforeEach(async () => {
  const temporary = await dir({ unsafeCleanup: true })
  cleanup = temporary.cleanup
  directory = temporary.path
})
afterEach(() => cleanup())

/** A sparse file of a size with pieces of text at positions. */
function image(name: string, size: number, pieces: Readonly<Record<number, string>> = {}): string {
  const path = join(directory, name)
  writeFileSync(path, '')
  const descriptor = openSync(path, 'r+')
  for (const [position, text] of Object.entries(pieces)) writeSync(descriptor, text, Number(position))
  closeSync(descriptor)
  truncateSync(path, size)
  return path
}

describe('replaceRunFile', () => {
  test('may be called by many processes at once: every reader finds what one of them wrote', async () => {
    const path = join(directory, 'file')
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(BLOCK))
    writeFileSync(path, texts[0] ?? '')
    const writer = join(import.meta.dirname, 'run-file-writer.ts')
    let writing = true
    const written = Promise.all(
      texts.map((text) => promisify(execFile)(process.execPath, ['--import', 'tsx', writer, path, text, '200'])),
    ).finally(() => {
      writing = false
    })
    while (writing) {
      expect(texts.includes(readFileSync(path, 'utf8'))).toBe(true)
      await new Promise(setImmediate)
    }
    await written
    expect(readdirSync(directory)).toEqual(['file'])
  })

  test('is undone with all that killed writers have left, and nothing of those at work', () => {
    const path = join(directory, 'file')
    const { pid: dead } = spawnSync('true')
    const alive = [`file.${process.pid}.tmp`, `other.${dead}.tmp`]
    for (const name of ['file', `file.${dead}.tmp`, ...alive]) writeFileSync(join(directory, name), 'content')
    removeRunFile(path)
    removeRunFile(path)
    expect(readdirSync(directory).sort()).toEqual(alive.sort())
  })
})

describe('afresh', () => {
  /** As Node.js reports it. */
  const stale = Object.assign(new Error('Unknown system error -116, read'), {
    errno: -116,
    code: 'Unknown system error -116',
  })

  test('reads again where a file was replaced on a server, and not for ever', () => {
    let reads = 0
    const read = (failures: number) => () => {
      if (reads++ < failures) throw stale
      return 'content'
    }
    expect(afresh(read(2))).toBe('content')
    expect(() => afresh(read(1000))).toThrow(stale)
  })
})

describe('writeFileAtomic', () => {
  test('replaces the file and leaves no other', () => {
    const path = join(directory, 'file')
    writeFileAtomic(path, 'one')
    writeFileSync(`${path}.tmp`, 'left by a killed writer')
    writeFileAtomic(path, 'two')
    expect(readFileSync(path, 'utf8')).toBe('two')
    expect(readdirSync(directory)).toEqual(['file'])
  })

  test('keeps the old file where the new one cannot take its place', () => {
    const path = join(directory, 'occupied')
    mkdirSync(join(path, 'x'), { recursive: true })
    expect(() => writeFileAtomic(path, 'text')).toThrow('EISDIR')
    expect(readdirSync(directory)).toEqual(['occupied'])
    expect(readdirSync(path)).toEqual(['x'])
  })
})

describe('readFilesOf', () => {
  const contents = (...seen: readonly (readonly [path: string, text: string | undefined])[]) => {
    for (const [path, text] of seen) {
      if (text === undefined) rmSync(path, { force: true })
      else writeFileSync(path, text)
    }
  }

  test('has the temporary file where the file makes no sense, and ends where nothing changes', () => {
    const path = join(directory, 'f')
    contents([path, 'new d'], [`${path}.tmp`, 'new'])
    expect([...readFilesOf(path)]).toEqual(['new d', 'new', 'new d', 'new'])
    contents([`${path}.tmp`, undefined])
    expect([...readFilesOf(path)]).toEqual(['new d', 'new d'])
  })

  test('has the file again where its writer finished between the two', () => {
    const path = join(directory, 'f')
    contents([path, 'new d'], [`${path}.tmp`, 'new'])
    const read = readFilesOf(path)[Symbol.iterator]()
    expect(read.next().value).toBe('new d')
    contents([path, 'new'], [`${path}.tmp`, undefined])
    expect(read.next().value).toBe('new')
  })
})

describe('copyImage', () => {
  test('keeps content, size and holes', () => {
    const source = image('source', 64 * GIB, { 0: 'start', [32 * GIB]: 'middle' })
    const destination = join(directory, 'copy')
    const held = lock(join(directory, 'lock'))
    const descriptor = openSync(source, 'r')
    copyImage(descriptor, destination, 0o400, held)
    closeSync(descriptor)
    held.release()
    expect(differingBlocks(source, destination)).toEqual([])
    const stats = statSync(destination)
    expect(stats.size).toBe(64 * GIB)
    expect(stats.mode & 0o777).toBe(0o400)
    expect(allocatedBytes(stats)).toBeLessThan(2 ** 20)
  })

  test('leaves nothing where it fails', () => {
    const descriptor = openSync(image('source', BLOCK, { 0: 'text' }), 'r')
    const destination = join(directory, 'copy')
    const held = lock(join(directory, 'lock'))
    const refuse = () => {
      throw new Error('changed meanwhile')
    }
    // Shared blocks are of one instant and need no second look.
    let method: string | undefined
    try {
      method = copyImage(descriptor, destination, 0o600, held, refuse)
    } catch (error) {
      expect(error).toMatchObject({ message: 'changed meanwhile' })
    }
    expect(existsSync(destination)).toBe(method === 'reflink')
    held.release()
    closeSync(descriptor)
  })
})

describe('differingBlocks', () => {
  test.each<[string, number, Record<number, string>, number, Record<number, string>, [number, number][]]>([
    ['equal', BLOCK, { 5: 'x' }, BLOCK, { 5: 'x' }, []],
    ['a byte', 3 * BLOCK, { [BLOCK]: 'x' }, 3 * BLOCK, { [BLOCK]: 'y' }, [[1, 1]]],
    ['neighbours', 4 * BLOCK, { [BLOCK]: 'x'.repeat(2 * BLOCK) }, 4 * BLOCK, {}, [[1, 2]]],
    ['zeros and a hole', 2 * BLOCK, { 0: '\0'.repeat(BLOCK) }, 2 * BLOCK, {}, []],
    [
      'far apart',
      64 * GIB,
      { 0: 'x' },
      64 * GIB,
      { [63 * GIB]: 'y' },
      [
        [0, 1],
        [63 * 16384, 1],
      ],
    ],
    ['a longer file', 3 * BLOCK, {}, BLOCK, {}, [[1, 2]]],
    ['a longer file within a block', BLOCK + 4096, { 0: 'x' }, BLOCK + 512, { 0: 'x' }, [[1, 1]]],
    ['the block of the end once', 2 * BLOCK, { [BLOCK]: 'x' }, BLOCK + 512, {}, [[1, 1]]],
    ['nothing and something', 2 * BLOCK, {}, 0, {}, [[0, 2]]],
  ])('%s', (_title, size, pieces, otherSize, otherPieces, ranges) => {
    const paths = [image('one', size, pieces), image('other', otherSize, otherPieces)] as const
    expect(differingBlocks(paths[0], paths[1])).toEqual(ranges)
    expect(differingBlocks(paths[1], paths[0])).toEqual(ranges)
  })
})

describe('file URIs', () => {
  test.each(['/a', '/a b/ü%/#?&;"\'', '/\u{1f4be}', '/a\nb'])('%j survives the way there and back', (path) => {
    expect(parseFileUri(formatFileUri(path))).toEqual({ path, options: new Map() })
  })

  test.each([
    ['file:///a/../../b//c/.', '/b/c'],
    ['file:/a/', '/a'],
    ['FILE://LOCALHOST/a', '/a'],
    ['file:///%2e%2e/etc', '/etc'],
  ])('%s names %s', (uri, path) => {
    expect(parseFileUri(uri).path).toBe(path)
  })

  test('options are decoded and given once', () => {
    expect(parseFileUri('file:///a?x=1%262&y=').options).toEqual(
      new Map([
        ['x', '1&2'],
        ['y', ''],
      ]),
    )
    expect(() => parseFileUri('file:///a?x=1&x=2')).toThrow('twice')
    expect(() => parseFileUri('file:///a?x')).toThrow('name=value')
  })
})

describe('tools', () => {
  test('a failure names the command, its status and what it said, in English', () => {
    expect(() => runTool('cp', ['--', '/no/such/file', directory])).toThrow(
      /^cp -- \/no\/such\/file .*: exit status 1: cp: cannot stat '\/no\/such\/file': No such file or directory$/,
    )
  })
})

test('a run directory that is not ours is refused', () => {
  const previous = process.env.SMAPIV3_RUN_DIR
  process.env.SMAPIV3_RUN_DIR = image('a file', 0)
  try {
    expect(() => runDirectory('volume')).toThrow()
    process.env.SMAPIV3_RUN_DIR = join(directory, 'run')
    expect(statSync(runDirectory('volume')).mode & 0o777).toBe(0o700)
  } finally {
    if (previous === undefined) delete process.env.SMAPIV3_RUN_DIR
    else process.env.SMAPIV3_RUN_DIR = previous
  }
})
