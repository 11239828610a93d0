/**
 * Derives src/contract/generated/ from schemas/. With `--check` nothing is written: it fails where a generated file is
 * stale, missing or left over.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSchemas } from './generate/schemas.ts'
import { generateShapes } from './generate/shapes.ts'
import { generateTypes } from './generate/types.ts'
import { generateValidators } from './generate/validators.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const OUTPUT = join(ROOT, 'src', 'contract', 'generated')

/** The generated files: path below src/contract/generated → text. */
export async function generate(): Promise<Map<string, string>> {
  const schemas = readSchemas(join(ROOT, 'schemas'))
  return new Map([
    ['types.ts', await generateTypes(schemas)],
    ['shapes.ts', generateShapes(schemas)],
    ...generateValidators(schemas),
  ])
}

/** Names of the generated files that do not hold what the schemas ask for. */
export async function staleFiles(): Promise<string[]> {
  const wanted = await generate()
  const present = existingFiles()
  const stale = [...wanted].filter(
    ([name, text]) => !present.includes(name) || readFileSync(join(OUTPUT, name), 'utf8') !== text,
  )
  const leftOver = present.filter((name) => !wanted.has(name))
  return [...stale.map(([name]) => name), ...leftOver]
}

async function write(): Promise<void> {
  const wanted = await generate()
  for (const name of existingFiles()) if (!wanted.has(name)) rmSync(join(OUTPUT, name))
  for (const [name, text] of wanted) {
    mkdirSync(dirname(join(OUTPUT, name)), { recursive: true })
    writeFileSync(join(OUTPUT, name), text)
  }
}

function existingFiles(): string[] {
  mkdirSync(OUTPUT, { recursive: true })
  return readdirSync(OUTPUT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(OUTPUT, join(entry.parentPath, entry.name)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const stale = await staleFiles()
    if (stale.length > 0) {
      console.error(`Stale generated files, run \`npm run generate\`: ${stale.join(', ')}`)
      process.exitCode = 1
    }
  } else {
    await write()
  }
}
