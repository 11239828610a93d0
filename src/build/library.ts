/** The library, the kit and the log of the command line: bundles below dist/ that need no package at run time. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { build, type OutputFile } from 'esbuild'
import { put } from './put.ts'

/** Output below dist/, without its `.js` → source below src/. */
const ENTRY_POINTS: Readonly<Record<string, string>> = {
  index: 'index.ts',
  'kit/index': 'kit/index.ts',
  'cli/logger': 'cli/logger.ts',
}

/** Parts of dist/ that are made elsewhere: the declarations of `tsc`, and the executable. */
const OTHERS = ['types/', 'cli/main.cjs', 'cli/command.', 'cli/program.', 'cli/validators/']

/** Packages in CommonJS ask for Node's own modules by require(), which a module in ESM does not have. */
const REQUIRE = "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\n"

/** A file that was written. */
export interface Product {
  readonly path: string
  readonly bytes: number
}

/** The entry points that src/ lacks. */
export function missingEntryPoints(root: string): readonly string[] {
  return Object.values(ENTRY_POINTS)
    .map((source) => join('src', source))
    .filter((source) => !existsSync(join(root, source)))
}

/**
 * Bundles the entry points that are there; what several share, and what is imported lazily, is a chunk of its own.
 * @returns the entry points, without the chunks
 */
export async function buildLibrary(root: string): Promise<readonly Product[]> {
  const dist = join(root, 'dist')
  const outputs = await bundle(root, dist)
  const isEntryPoint = ({ path }: OutputFile) => withoutExtension(relative(dist, path)) in ENTRY_POINTS
  // Entry points last: what they import is there by then.
  const ordered = [...outputs].sort((a, b) => Number(isEntryPoint(a)) - Number(isEntryPoint(b)))
  for (const output of ordered) await write(output)
  await removeOthers(dist, new Set(outputs.map(({ path }) => path)))
  return ordered.filter(isEntryPoint).map(({ path, contents }) => ({ path, bytes: contents.byteLength }))
}

async function bundle(root: string, dist: string): Promise<readonly OutputFile[]> {
  const present = Object.entries(ENTRY_POINTS).filter(([, source]) => existsSync(join(root, 'src', source)))
  const { outputFiles } = await build({
    entryPoints: Object.fromEntries(present.map(([name, source]) => [name, join(root, 'src', source)])),
    outdir: dist,
    bundle: true,
    write: false,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // write-file-atomic salts the names of its temporary files with it.
    define: { __filename: 'import.meta.filename' },
    chunkNames: 'chunks/[name]-[hash]',
    legalComments: 'eof',
    logLevel: 'silent',
  })
  return outputFiles
}

async function write({ path, text }: OutputFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await put(path, withRequire(text), 0o644)
}

/** Only the one file that has the bundler's stand-in for require() needs the real one. */
function withRequire(text: string): string {
  return text.includes('var __require =') ? REQUIRE + text : text
}

async function removeOthers(dist: string, wanted: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const isOurs = !OTHERS.some((other) => relative(dist, path).startsWith(other))
    if (entry.isFile() && isOurs && !wanted.has(path)) await rm(path)
  }
}

function withoutExtension(path: string): string {
  return path.replace(/\.js$/, '')
}
