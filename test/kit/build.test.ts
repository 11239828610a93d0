import { mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isUsable } from '../../src/build/first-run.ts'
import { buildLibrary, missingEntryPoints } from '../../src/build/library.ts'
import { answerOf, build, call, KIT, temporaryDirectory } from './run.ts'

let root: string
let remove: () => Promise<void>
let number = 0

beforeAll(async () => {
  const temporary = await temporaryDirectory()
  root = temporary.path
  remove = temporary.remove
})

afterAll(() => remove())

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

describe('a plugin directory', () => {
  let directory: string

  beforeEach(async () => {
    directory = join(root, `plugin-${number++}`)
    await mkdir(directory)
  })

  const plugin = (classes: string) => `import { definePlugin, runPlugin } from ${JSON.stringify(KIT)}
    void runPlugin(definePlugin({
      query: { plugin: 'p', name: 'P', description: '', vendor: '', copyright: '', version: '1', configuration: {} },
      ${classes}
    }))`

  test('gets one executable, not writable by others, and a link per method', async () => {
    const umask = process.umask(0)
    try {
      const { path, methods } = await build(directory, plugin('Datapath: { attach() {}, detach() {} }'))
      expect(path).toBe(join(directory, 'plugin.cjs'))
      expect(methods).toEqual(['Plugin.query', 'Plugin.diagnostics', 'Datapath.attach', 'Datapath.detach'])
      expect((await readdir(directory)).sort()).toEqual([...methods, 'plugin.cache', 'plugin.cjs', 'plugin.ts'].sort())
      for (const method of methods) expect(await readlink(join(directory, method))).toBe('plugin.cjs')
      expect(await modeOf(path)).toBe(0o755)
      process.umask(0o077)
      await build(directory, plugin('Datapath: { attach() {} }'))
      expect(await modeOf(path)).toBe(0o755)
    } finally {
      process.umask(umask)
    }
  })

  test('loses the links of methods that are gone, and nothing else', async () => {
    await build(directory, plugin('SR: { ls() {}, stat() {} }'))
    await symlink('README.md', join(directory, 'link'))
    await build(directory, plugin('SR: { ls() {} }'))
    expect((await readdir(directory)).sort()).toEqual(
      ['Plugin.diagnostics', 'Plugin.query', 'SR.ls', 'link', 'plugin.cache', 'plugin.cjs', 'plugin.ts'].sort(),
    )
  })

  test('keeps a script that somebody wrote, and says so', async () => {
    await writeFile(join(directory, 'SR.ls'), '#!/bin/sh\necho "[]"\n')
    await expect(build(directory, plugin('SR: { ls() {} }'))).rejects.toThrow(
      `${join(directory, 'SR.ls')} is in the way`,
    )
    expect(await readFile(join(directory, 'SR.ls'), 'utf8')).toContain('echo')
  })

  test.each([
    ['does not compile', 'const = 1'],
    ['throws when it starts', 'throw new Error("no")'],
    ['asks where its module is, which a bundle cannot tell', plugin('SR: { ls: () => import.meta.url }')],
    ['defines a method that does not exist', plugin('SR: { sl() {} }')],
  ])('keeps what it had where the new plugin %s', async (_how, source) => {
    await build(directory, plugin('SR: { attach: () => "before" }'))
    await expect(build(directory, source)).rejects.toThrow()
    expect(answerOf(await call(join(directory, 'SR.attach'), { dbg: '', configuration: {} }))).toBe('before')
  })

  test('answers all the time while it is built again', async () => {
    const answer = plugin('SR: { attach: () => "here" }')
    await build(directory, answer)
    let building = true
    const builds = (async () => {
      for (let times = 0; times < 3; times++) await build(directory, answer)
      building = false
    })()
    while (building) {
      const { status, stdout } = await call(join(directory, 'SR.attach'), { dbg: '', configuration: {} })
      expect({ status, stdout }).toEqual({ status: 0, stdout: '"here"\n' })
    }
    await builds
  })

  const answer = async () => answerOf(await call(join(directory, 'SR.attach'), { dbg: '', configuration: {} }))

  test('is not compiled at every start', async () => {
    await build(directory, plugin('SR: { attach: () => "here" }'))
    const hook = join(directory, 'hook.cjs')
    await writeFile(
      hook,
      `const vm = require('node:vm')
      vm.Script = class extends vm.Script {
        constructor(...parameters) {
          super(...parameters)
          console.error('refused:', this.cachedDataRejected)
        }
      }`,
    )
    const run = await call(
      join(directory, 'SR.attach'),
      { dbg: '', configuration: {} },
      { env: { PATH: process.env.PATH ?? '', NODE_OPTIONS: `--require ${hook}` } },
    )
    expect(run).toEqual({ status: 0, stdout: '"here"\n', stderr: 'refused: false\n' })
  })

  test.each<readonly [string, (cache: Buffer) => Buffer]>([
    ['is of another V8', (cache) => Buffer.concat([cache.subarray(0, 4), Buffer.alloc(4), cache.subarray(8)])],
    ['is cut off', (cache) => cache.subarray(0, cache.length / 2)],
    ['is empty', () => Buffer.alloc(0)],
  ])('answers where its cache %s, and is mended by the next build', async (_how, edit) => {
    const source = plugin('SR: { attach: () => "here" }')
    const { path } = await build(directory, source)
    const cache = join(directory, 'plugin.cache')
    const isGood = async () => isUsable(await readFile(cache), await readFile(path, 'utf8'))
    await writeFile(cache, edit(await readFile(cache)))
    expect([await answer(), await isGood()]).toEqual(['here', false])
    await build(directory, source)
    expect([await answer(), await isGood()]).toEqual(['here', true])
    await rm(cache)
    expect(await answer()).toBe('here')
  })

  test('does what its text says, where that was changed and the cache was not', async () => {
    const { path } = await build(directory, plugin('SR: { attach: () => "old" }'))
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll('"old"', '"new"'))
    expect(await answer()).toBe('new')
  })

  test('loads the costly modules of Node.js when it uses them, however it imports them', async () => {
    const imports = `import { createHash } from 'node:crypto'
      import { isIP } from 'node:net'
      import * as os from 'node:os'
      import { inherits } from 'node:util'\n`
    const loaded = `process.moduleLoadList.filter((name) => /^NativeModule (crypto|net)$/.test(name))`
    const used = '[createHash("md5").update("").digest("hex"), isIP("::1"), typeof inherits, os.EOL]'
    await build(
      directory,
      imports + plugin(`SR: { attach: () => JSON.stringify([${loaded}, ${used}, ${loaded}.sort()]) }`),
    )
    expect(JSON.parse((await answer()) as string)).toEqual([
      [],
      ['d41d8cd98f00b204e9800998ecf8427e', 6, 'function', '\n'],
      ['NativeModule crypto', 'NativeModule net'],
    ])
  })

  test('is ASCII, whatever its strings and comments are', async () => {
    const classes = 'SR: { attach: () => new (class {\n/** … */\n// …\n/*\n * …\n */\ntext = "…" })().text }'
    const { path } = await build(directory, plugin(classes))
    expect(await readFile(path, 'utf8')).toMatch(/^[\0-\x7f]*$/)
    expect(await answer()).toBe('\u2026')
  })

  test('carries no tool of the build and no schema compiler', async () => {
    const { path } = await build(directory, plugin(''))
    expect(await readFile(path, 'utf8')).not.toMatch(/node_modules\/(ajv|yargs|esbuild|pino)\//)
  })
})

describe('dist', () => {
  test('has modules that need no package, and says what src lacks', async () => {
    const project = join(root, 'project')
    await mkdir(join(project, 'src', 'kit'), { recursive: true })
    await mkdir(join(project, 'dist', 'types'), { recursive: true })
    await writeFile(join(project, 'dist', 'stale.js'), '')
    await writeFile(join(project, 'dist', 'types', 'index.d.ts'), '')
    await writeFile(join(project, 'package.json'), '{"type":"module"}')
    await writeFile(join(project, 'src', 'legacy.cjs'), 'module.exports = require("os").EOL')
    await writeFile(join(project, 'src', 'lazy.ts'), 'export const word = "lazily"')
    await writeFile(
      join(project, 'src', 'index.ts'),
      'import newline from "./legacy.cjs"\nconst { word } = await import("./lazy.ts")\nprocess.stdout.write(word + newline)',
    )
    expect(missingEntryPoints(project)).toContain('src/kit/index.ts')
    const products = await buildLibrary(project)
    const index = join(project, 'dist', 'index.js')
    expect(products.map(({ path }) => path)).toEqual([index])
    expect((await execa(process.execPath, [index], { stripFinalNewline: false })).stdout).toBe('lazily\n')
    expect(await readFile(index, 'utf8')).not.toContain('"lazily"')
    const files = await readdir(join(project, 'dist'))
    expect(files.sort()).toEqual(['chunks', 'index.js', 'types'])
  })

  test('has an executable that loads yargs and pino only when they are needed', async () => {
    const executable = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.cjs')
    expect(await modeOf(executable)).toBe(0o755)
    const text = await readFile(executable, 'utf8')
    for (const library of ['yargs', 'pino']) expect(text.includes(library), library).toBe(false)
    const { stdout, exitCode } = await execa(executable, ['call', 'file', 'Plugin.query'])
    expect([exitCode, JSON.parse(stdout).plugin]).toEqual([0, 'file'])
  })
})
