/** From `plugin.ts` to a plugin that any SMAPIv3 toolstack can run: one self-contained file and one link per method. */
import { lstat, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { inOneLine, isUsable, LAUNCHER, runFirst } from './first-run.ts'
import { flockAddon } from './flock-addon.ts'
import { put } from './put.ts'

/** What the author writes, and what the build puts beside it. */
export const SOURCE = 'plugin.ts'
export const BUNDLE = 'plugin.cjs'

/** What V8 made of the bundle: without it, and with another Node.js than built it, the plugin starts later. */
export const CACHE = 'plugin.cache'

/** What takes locks without a process (see src/engine/flock.ts); it too is for the Node.js that built the plugin. */
export const ADDON = 'flock.node'

/**
 * Both shell and JavaScript: the file runs wherever `node` is in the PATH or, where the environment is empty, in the
 * shell's default PATH, and whatever it is called: a link is called like a method, and so is a copy of it.
 */
const HEADER = `#!/bin/sh
':' //; exec node -e '${LAUNCHER.replaceAll("'", "'\\''")}' "$0" "$@"
`

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
  const { methods, cache } = await runFirst(text)
  await put(path, text, 0o755)
  await put(join(directory, CACHE), cache, 0o644, (old) => isUsable(old, text))
  await putAddon(join(directory, ADDON), text)
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
    banner: { js: ';((require) => {' },
    footer: { js: `})(((module) => {${inOneLine('lazy-require.cjs')} return module.exports })({})(require))` },
    // A script that is run by node:vm has no import().
    supported: { 'dynamic-import': false },
    legalComments: 'eof',
    logLevel: 'silent',
    logOverride: { 'empty-import-meta': 'error' },
  })
  return outputFiles.map(({ text }) => withPlainComments(text)).join('')
}

/** In strings the bundler writes what is not ASCII as escapes, in comments not: V8 reads a text of ASCII twice as fast. */
function withPlainComments(text: string): string {
  return text.replace(/^ *(?:\/[/*]|\*).*$/gm, (comment) => comment.replace(/[^\0-\x7f]/g, '?'))
}

/** Plugins that take no locks need no addon. */
async function putAddon(path: string, text: string): Promise<void> {
  const prebuilt = text.includes(ADDON) ? flockAddon() : undefined
  if (prebuilt === undefined) return await rm(path, { force: true })
  await put(path, await readFile(prebuilt), 0o644)
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
