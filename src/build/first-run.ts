/** The first run of a bundle: which methods it has, and what V8 makes of it, which need not be compiled at every start. */
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { transformSync } from 'esbuild'
import { execa } from 'execa'
import { withDir } from 'tmp-promise'

const COMPILING = join(import.meta.dirname, 'compile-eagerly.cjs')

/** What `node -e` gets, with the path and the arguments of the script, to run a bundle. */
export const LAUNCHER = inOneLine('launcher.cjs')

export interface FirstRun {
  /** The methods it implements. */
  readonly methods: readonly string[]
  /** The cache that the launcher takes: what V8 compiled, and then the text, since V8 knows it by its length alone. */
  readonly cache: Buffer
}

/** Runs a bundle at a place where no plugin stands yet. */
export async function runFirst(text: string): Promise<FirstRun> {
  return withDir(
    async ({ path: directory }) => {
      const bundle = join(directory, 'bundle')
      const compiled = join(directory, 'compiled')
      await writeFile(bundle, text)
      const { stdout } = await execa(process.execPath, ['--require', COMPILING, '-e', LAUNCHER, bundle, '--methods'], {
        env: { CODE_CACHE: compiled, NODE_OPTIONS: '' },
      })
      return {
        methods: stdout.split('\n').filter((line) => line !== ''),
        cache: Buffer.concat([await readFile(compiled), Buffer.from(text)]),
      }
    },
    { prefix: 'smapiv3-build-', unsafeCleanup: true },
  )
}

/** Whether the launcher can use a cache for a bundle, and V8 takes it. */
export function isUsable(cache: Buffer, text: string): boolean {
  const end = cache.length - Buffer.byteLength(text)
  if (!cache.subarray(end).equals(Buffer.from(text))) return false
  return new Script(text, { cachedData: cache.subarray(0, end) }).cachedDataRejected === false
}

/** A script beside this one, as small as it can be. */
export function inOneLine(name: string): string {
  const text = readFileSync(join(import.meta.dirname, name), 'utf8')
  // Template literals keep their line breaks.
  return transformSync(text, { minify: true, target: 'node20', supported: { 'template-literal': false } }).code.trim()
}
