/**
 * `npm run build`: dist/ and the bundled plugins, one line for each product. With `--types` the type declarations too,
 * which take longer than everything else. What is generated from schemas/ is part of the source: see generate.ts.
 */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { buildExecutable } from './executable.ts'
import { buildLibrary, missingEntryPoints } from './library.ts'
import { buildPlugin, SOURCE } from './plugin.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PLUGIN_DIRECTORIES = ['volume.d', 'datapath.d']

/** One line of the build's output, or why there is none. */
type Step = () => Promise<readonly string[]>

async function library(): Promise<readonly string[]> {
  const products = await buildLibrary(ROOT)
  const missing = missingEntryPoints(ROOT)
  if (missing.length > 0) throw new Error(`missing: ${missing.join(', ')}`)
  return products.map(({ path, bytes }) => `${relative(ROOT, path)}  ${size(bytes)}`)
}

async function executable(): Promise<readonly string[]> {
  return [relative(ROOT, await buildExecutable(ROOT))]
}

async function plugin(directory: string): Promise<readonly string[]> {
  const { path, bytes, methods } = await buildPlugin(directory)
  return [`${relative(ROOT, path)}  ${size(bytes)}, ${methods.length} methods`]
}

async function types(): Promise<readonly string[]> {
  const project = join(ROOT, 'src', 'build', 'tsconfig.types.json')
  await execa(process.execPath, [join(ROOT, 'node_modules', '.bin', 'tsc'), '--project', project])
  return ['dist/types']
}

async function pluginDirectories(): Promise<readonly string[]> {
  const found: string[] = []
  for (const parent of PLUGIN_DIRECTORIES) {
    const path = join(ROOT, parent)
    for (const name of existsSync(path) ? await readdir(path) : []) {
      if (existsSync(join(path, name, SOURCE))) found.push(join(path, name))
    }
  }
  return found.sort()
}

function size(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`
}

/** What fails does not keep the rest from being built. */
async function main(): Promise<void> {
  const plugins = (await pluginDirectories()).map(
    (directory): Step =>
      () =>
        plugin(directory),
  )
  const steps = [library, executable, ...plugins, ...(process.argv.includes('--types') ? [types] : [])]
  for (const outcome of await Promise.allSettled(steps.map((step) => step()))) {
    if (outcome.status === 'fulfilled') {
      for (const line of outcome.value) console.log(line)
    } else {
      console.error(outcome.reason instanceof Error ? outcome.reason.message : outcome.reason)
      process.exitCode = 1
    }
  }
}

await main()
