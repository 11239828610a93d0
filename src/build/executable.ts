/**
 * The command line: dist/cli/main.cjs, which runs command.js. One script, because Node reads that faster than modules,
 * and a small one; what not every call needs is loaded from beside it.
 */
import { chmod, copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { writeCodeCache } from './code-cache.ts'

/** Modules that the executable loads when it needs them: entry points of the library's build, below dist/cli. */
const MODULES = /^\.\/(program|logger)\.ts$/

const VALIDATORS = join('src', 'contract', 'generated', 'validators')

/** Builds the executable, its validators and its code cache; returns the path of the executable. */
export async function buildExecutable(root: string): Promise<string> {
  const directory = join(root, 'dist', 'cli')
  await mkdir(directory, { recursive: true })
  const path = join(directory, 'main.cjs')
  const cache = join(directory, 'command.cache')
  // V8 knows the script that a cache belongs to by its length alone: none may outlive its script.
  await rm(cache, { force: true })
  const validators = await readdir(join(root, VALIDATORS))
  const common = {
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    logLevel: 'silent',
  } as const
  const [command] = await Promise.all([
    build({
      ...common,
      entryPoints: [join(root, 'src', 'cli', 'command.ts')],
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
    }),
    copyFile(join(root, 'src', 'cli', 'main.cjs'), path),
  ])
  // A script that is run by node:vm has no import(); main.cjs gives it one.
  const script = command.outputFiles.map(({ text }) => text.replaceAll('import("', 'importModule("')).join('')
  await writeFile(join(directory, 'command.js'), script)
  await chmod(path, 0o755)
  await writeCodeCache(path, cache)
  return path
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
