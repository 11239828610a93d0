/** From `plugin.ts` to a plugin that any SMAPIv3 toolstack can run: one self-contained file and one link per method. */
import { lstat, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { execa } from 'execa'
import { withDir } from 'tmp-promise'
import writeFileAtomic from 'write-file-atomic'

/** What the author writes, and what the build puts beside it. */
export const SOURCE = 'plugin.ts'
export const BUNDLE = 'plugin.cjs'

/**
 * Both shell and JavaScript: the file runs wherever `node` is in the PATH or, where the environment is empty, in the
 * shell's default PATH. A link leads to plugin.cjs, which Node.js knows by its name for CommonJS. A copy of a link, or
 * another hard link, is called like a method: require() takes it for CommonJS even below a package.json that says
 * otherwise, at the price of a millisecond.
 */
const HEADER = `#!/bin/sh
':' //; [ -L "$0" ] && exec node "$0" "$@"; exec node -e 'require(require("path").resolve(process.argv[1]))' "$0" "$@"
`

/** Whatever the umask is: a host refuses to run what others may write to. */
const MODE = 0o755

/** What the build made of a plugin. */
export interface BuiltPlugin {
  readonly path: string
  readonly bytes: number
  /** The methods it implements, which are the names of the links. */
  readonly methods: readonly string[]
}

/**
 * Builds the plugin.ts of a directory in place. Each file is replaced at once, and not before the new one has run, so
 * that a host may use the plugin meanwhile.
 * @throws Error where it does not bundle or does not run, or where a file that is no link has the name of a method
 */
export async function buildPlugin(directory: string): Promise<BuiltPlugin> {
  const text = HEADER + (await bundle(join(directory, SOURCE)))
  const path = join(directory, BUNDLE)
  const methods = await methodsOf(text)
  await writeFileAtomic(path, text, { mode: MODE, fsync: false })
  for (const method of methods) await link(directory, method)
  await removeOtherLinks(directory, methods)
  return { path, bytes: Buffer.byteLength(text), methods }
}

/** Not minified: it gains nothing measurable, and the error objects of the plugin name lines of this file. */
async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // After the header's string literal, a text that begins with a parenthesis would be a call.
    banner: { js: ';' },
    legalComments: 'eof',
    logLevel: 'silent',
    logOverride: { 'empty-import-meta': 'error' },
  })
  return outputFiles.map(({ text }) => text).join('')
}

/** Asks the bundle itself, at a place where no plugin stands yet. */
async function methodsOf(text: string): Promise<string[]> {
  return withDir(
    async ({ path: directory }) => {
      const file = join(directory, BUNDLE)
      await writeFile(file, text)
      const { stdout } = await execa(process.execPath, [file, '--methods'])
      return stdout.split('\n').filter((line) => line !== '')
    },
    { prefix: 'smapiv3-build-', unsafeCleanup: true },
  )
}

async function link(directory: string, method: string): Promise<void> {
  const path = join(directory, method)
  const target = await targetOf(path)
  if (target === BUNDLE) return
  if (target === null) throw new Error(`${path} is in the way of the link to ${BUNDLE}`)
  const temporary = join(directory, `.${method}.${process.pid}`)
  await symlink(BUNDLE, temporary)
  await rename(temporary, path)
}

async function removeOtherLinks(directory: string, methods: readonly string[]): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    if (!methods.includes(name) && (await targetOf(path)) === BUNDLE) await rm(path)
  }
}

/** What a link points at; null for anything else, undefined for nothing. */
async function targetOf(path: string): Promise<string | null | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
