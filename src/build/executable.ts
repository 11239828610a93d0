/**
 * The command line: dist/cli/main.cjs, which runs command.js, and for all but calls that loads program.js. Scripts, because
 * Node reads them faster than modules, and V8 need not compile them; what few commands need is loaded from beside them.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { writeCodeCache } from './code-cache.ts'
import { put } from './put.ts'

/** What the executable loads when it needs it: a script of its own, and an entry point of the library's build, below dist/cli. */
const MODULES = /^\.\/(program|logger)\.ts$/

/** The scripts, by the names of their sources and products. */
const SCRIPTS = ['command', 'program'] as const

const VALIDATORS = join('src', 'contract', 'generated', 'validators')

/**
 * Builds the executable, its validators and its code cache; returns the path of the executable. Each file is replaced at once,
 * and only by another, so that commands may run meanwhile.
 */
export async function buildExecutable(root: string): Promise<string> {
  const directory = join(root, 'dist', 'cli')
  await mkdir(directory, { recursive: true })
  const path = join(directory, 'main.cjs')
  const validators = await readdir(join(root, VALIDATORS))
  const common = {
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    logLevel: 'silent',
  } as const
  const [scripts, modules] = await Promise.all([
    build({
      ...common,
      entryPoints: SCRIPTS.map((name) => join(root, 'src', 'cli', `${name}.ts`)),
      outdir: directory,
      write: false,
      define: { 'import.meta.url': 'IMPORT_META_URL' },
      inject: [join(root, 'src', 'build', 'import-meta-url.ts')],
      plugins: [besides],
    }),
    build({
      ...common,
      entryPoints: validators.map((name) => join(root, VALIDATORS, name)),
      outdir: join(directory, 'validators'),
      outExtension: { '.js': '.cjs' },
      write: false,
    }),
    mkdir(join(directory, 'validators'), { recursive: true }),
  ])
  for (const { path: module, contents } of modules.outputFiles) await put(module, contents, 0o644)
  for (const { path: script, text } of scripts.outputFiles) await putScript(script, text)
  await put(path, await readFile(join(root, 'src', 'cli', 'main.cjs')), 0o755)
  for (const name of SCRIPTS) await writeCodeCache(path, name)
  return path
}

async function putScript(path: string, text: string): Promise<void> {
  // A script that is run by node:vm has no import(); main.cjs gives it one.
  const script = text.replaceAll('import("', 'importModule("')
  const old = await readFile(path, 'utf8').catch(() => undefined)
  // V8 knows the script that a cache belongs to by its length alone: none may outlive its script.
  if (old !== script) await rm(path.replace(/\.js$/, '.cache'), { force: true })
  await put(path, script, 0o644)
}

/** Leaves the modules and the validators out, to be loaded when they are needed. */
const besides: Plugin = {
  name: 'besides',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: MODULES }, ({ path }) => ({ path: path.replace(/\.ts$/, '.js'), external: true }))
    onLoad({ filter: /contract\/generated\/validators\.ts$/ }, () => ({
      loader: 'js',
      // Neither by import() nor by require(): what these do before they read a file takes longer than the call itself.
      contents: `import { readFileSync } from 'node:fs'
      import { compileFunction } from 'node:vm'
      const load = (filename) => {
        const module = { exports: {} }
        compileFunction(readFileSync(filename, 'utf8'), ['module', 'exports'], { filename })(module, module.exports)
        return module.exports
      }
      export const VALIDATORS = new Proxy({}, {
        get: (_, method) => async () => load(__dirname + '/validators/' + method + '.cjs'),
      })`,
    }))
  },
}
