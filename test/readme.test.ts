/** Every block of the README does what the README says. */
import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { dirSync } from 'tmp-promise'
import { afterAll, describe, expect, test } from 'vitest'
import { loadSettings, type Settings } from '../src/host/settings.ts'
import { expectEventually } from './support/datapath.ts'
import { loopsBelow } from './support/loops.ts'

const REPOSITORY = join(import.meta.dirname, '..')
const BIN = join(REPOSITORY, 'node_modules', '.bin')

interface Block {
  readonly language: string
  readonly text: string
  /** What it must print: the block without a language that follows it. */
  readonly output: string | undefined
}

const README = readFileSync(join(REPOSITORY, 'README.md'), 'utf8')
const BLOCKS = blocksOf(README)
/** The two commands install packages, which is for the machine that runs the tests to have done. */
const INSTALLING = BLOCKS.filter(({ language, text }) => language === 'sh' && text.startsWith('npm '))
const SCRIPTS = BLOCKS.filter((block) => (block.language === 'sh' && !INSTALLING.includes(block)) || isSource(block))

const scratch = dirSync({ prefix: 'smapiv3-readme-', unsafeCleanup: true })
afterAll(() => scratch.removeCallback())

describe('README.md', () => {
  test('has no block that is neither run nor compared nor drawn', () => {
    const drawings = BLOCKS.filter(({ language }) => language === '')
    expect(drawings.map(({ text }) => text.includes('──►'))).toEqual([true])
    expect([...new Set(BLOCKS.map(({ language }) => language))].sort()).toEqual(['', 'json', 'sh', 'ts'])
  })

  test('names two commands that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    expect(INSTALLING.map(({ text }) => text)).toEqual(['npm ci && npm start\n', 'npm ci && npm test\n'])
    expect(scripts).toMatchObject({ start: expect.any(String), test: expect.any(String), bench: expect.any(String) })
  })

  test('shows settings that are read, and all of them', () => {
    const files = BLOCKS.filter(({ language }) => language === 'json')
    expect(files).toHaveLength(1)
    for (const { text } of files) {
      const path = join(scratch.name, 'config.json')
      writeFileSync(path, text)
      const every: Record<keyof Settings, true> = {
        deadlines: true,
        environment: true,
        output_limit: true,
        trace_limit: true,
      }
      expect(loadSettings({ SMAPIV3_CONFIG: path })).toEqual(JSON.parse(text))
      expect(Object.keys(JSON.parse(text)).sort()).toEqual(Object.keys(every).sort())
      for (const name of Object.keys(every)) expect(README).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm'))
    }
  })

  test('shows TypeScript that fits its types', async () => {
    const directory = mkdtempSync(join(scratch.name, 'types-'))
    const files = BLOCKS.filter(isSource).map((block) => {
      writeFileSync(join(directory, fileName(block)), block.text)
      return fileName(block)
    })
    expect(files).toEqual(['plugin.ts', 'tour.mts'])
    const source = join(REPOSITORY, 'src')
    const paths = { smapiv3: [join(source, 'index.ts')], 'smapiv3/kit': [join(source, 'kit', 'index.ts')] }
    const typeRoots = [join(REPOSITORY, 'node_modules', '@types')]
    const compilerOptions = { noEmit: true, rootDir: '/', allowImportingTsExtensions: true, typeRoots, paths }
    const project = { extends: join(REPOSITORY, 'tsconfig.json'), compilerOptions, files, include: [] }
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(project))
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
    const { stdout } = await execute(join(BIN, 'tsc'), ['--project', directory], { cwd: directory })
    expect(stdout).toBe('')
  })

  test('shows commands that print what it says, one after the other', async () => {
    const outputs = await outputsOf(SCRIPTS)
    for (const [index, { text, output }] of SCRIPTS.entries()) {
      expect({ text, printed: outputs[index] }).toEqual({ text, printed: matching(output) })
    }
  })

  test('names a first command that succeeds and leaves nothing behind', async () => {
    const temporary = mkdtempSync(join(scratch.name, 'start-'))
    const before = productsIn(join(REPOSITORY, 'dist', 'cli'))
    const { stdout } = await execute('npm', ['start'], { cwd: REPOSITORY, env: environmentIn(temporary) })
    expect(stdout).toContain('came back unchanged')
    // What compiles the build keeps a cache of its own there.
    expect(readdirSync(temporary).filter((name) => !name.startsWith('tsx-'))).toEqual([])
    expectEventually(() => loopsBelow(temporary), 'loop devices')
    // Others run what is there meanwhile.
    expect(productsIn(join(REPOSITORY, 'dist', 'cli'))).toEqual(before)
  })
})

/** The files that a command is made of, but for the caches: which they are, and since when. */
function productsIn(directory: string): unknown[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.c?js$/.test(name))
    .sort()
    .map((name) => [name, statSync(join(directory, name)).ino, statSync(join(directory, name)).mtimeMs])
}

function blocksOf(markdown: string): Block[] {
  const found: { language: string; text: string; output: string | undefined; end: number }[] = []
  for (const match of markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```\n/gm)) {
    const [whole, language = '', text = ''] = match
    const previous = found.at(-1)
    const follows = previous !== undefined && markdown.slice(previous.end, match.index) === '\n'
    if (language === '' && follows && previous.language === 'sh') previous.output = text
    else found.push({ language, text, output: undefined, end: match.index + whole.length })
  }
  return found
}

function isSource({ language }: Block): boolean {
  return language === 'ts'
}

/** The file that a block of TypeScript is to be saved as: its first line says so. */
function fileName({ text }: Block): string {
  const [, name] = /^\/\/ (\S+)\n/.exec(text) ?? []
  if (name === undefined) throw new Error(`no file name in the first line of\n${text}`)
  return name
}

/** What each block prints, in one shell that begins in the clone; a block of TypeScript is saved where the shell is. */
async function outputsOf(blocks: readonly Block[]): Promise<string[]> {
  const temporary = mkdtempSync(join(scratch.name, 'tour-'))
  const modules = join(temporary, 'node_modules')
  mkdirSync(modules)
  symlinkSync(REPOSITORY, join(modules, 'smapiv3'))
  const steps = blocks.map((block, index) => {
    const file = join(scratch.name, `block-${index}`)
    writeFileSync(file, block.text)
    return isSource(block)
      ? `cp '${file}' ./${fileName(block)}\n: >'${file}.out'\n`
      : `. '${file}' >'${file}.out' 2>&1\n`
  })
  const script = join(scratch.name, 'tour.sh')
  writeFileSync(script, `set -e\numask 022\n${steps.join('')}`)
  const failure = await execute('sh', [script], { cwd: REPOSITORY, env: environmentIn(temporary) }).then(
    () => '',
    (error: Error) => `${error.message}\n`,
  )
  return blocks.map((_, index) => {
    const file = join(scratch.name, `block-${index}.out`)
    return existsSync(file) ? readFileSync(file, 'utf8') : `not run: ${failure}`
  })
}

/** Nothing of the user's own reaches the commands, and nothing of theirs the user's home. */
function environmentIn(temporary: string): NodeJS.ProcessEnv {
  const path = [BIN, ...(process.env.PATH ?? '').split(delimiter)].join(delimiter)
  const run = join(scratch.name, 'run')
  return { PATH: path, HOME: scratch.name, TMPDIR: temporary, SMAPIV3_RUN_DIR: run, LANG: 'C.UTF-8' }
}

/** A text in which … stands for anything within a line, and a line of … alone for any lines. Runs of blanks are alike. */
function matching(expected: string | undefined): unknown {
  if (expected === undefined) return expect.any(String)
  const lines = expected.trimEnd().split('\n')
  const pattern = lines.map((line) => (line === '…' ? '(?:.*\\n)*?' : `${inLine(line)}\\n`)).join('')
  return expect.stringMatching(new RegExp(`^${pattern}$`))
}

function inLine(line: string): string {
  const parts = line.split(/\s*…\s*/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ +/g, ' +'))
  return parts.join('.*')
}

function execute(file: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
  return promisify(execFile)(file, [...args], { ...options, encoding: 'utf8' })
}
