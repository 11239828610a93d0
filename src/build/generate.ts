/**
 * Derives what follows from schemas/ and the error table: src/contract/generated/, the modules of the interface in
 * Python, the error table of the README, and the clauses of docs/conformance.md.
 * With `--check` nothing is written: it fails where a generated file is stale, missing or left over.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withClauses } from './generate/clauses.ts'
import { generateDescriptions } from './generate/descriptions.ts'
import { withErrorTable } from './generate/error-table.ts'
import { generatePythonModules } from './generate/python/modules.ts'
import { PYTHON_BANNER } from './generate/python/text.ts'
import { generatePythonTypes } from './generate/python/types.ts'
import { readSchemas } from './generate/schemas.ts'
import { generateShapes } from './generate/shapes.ts'
import { generateTypes } from './generate/types.ts'
import { generateValidators } from './generate/validators.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const OUTPUT = 'src/contract/generated'
/** Other files stand there too: what is generated says so in its first line. */
const PYTHON_OUTPUT = 'src/kit/python/xapi/storage/api/v5'

/** The generated files: path from the root of the project → text. */
async function generate(): Promise<Map<string, string>> {
  const schemas = readSchemas(join(ROOT, 'schemas'))
  return new Map([
    [`${OUTPUT}/types.ts`, await generateTypes(schemas)],
    [`${OUTPUT}/shapes.ts`, generateShapes(schemas)],
    [`${OUTPUT}/descriptions.ts`, generateDescriptions(schemas)],
    ...generateValidators(schemas).map(([name, text]): [string, string] => [`${OUTPUT}/${name}`, text]),
    [`${PYTHON_OUTPUT}/_types.py`, generatePythonTypes(schemas)],
    ...generatePythonModules(schemas).map(([name, text]): [string, string] => [`${PYTHON_OUTPUT}/${name}`, text]),
    ['docs/conformance.md', withClauses(readFileSync(join(ROOT, 'docs/conformance.md'), 'utf8'))],
    ['README.md', withErrorTable(readFileSync(join(ROOT, 'README.md'), 'utf8'))],
  ])
}

/** Paths of the files that do not hold what the schemas and tables ask for, or that nothing asks for any more. */
export async function staleFiles(): Promise<string[]> {
  const wanted = await generate()
  const differs = ([path, text]: [string, string]) =>
    !existsSync(join(ROOT, path)) || readFileSync(join(ROOT, path), 'utf8') !== text
  return [...[...wanted].filter(differs).map(([path]) => path), ...leftOver(wanted)]
}

async function write(): Promise<void> {
  const wanted = await generate()
  for (const path of leftOver(wanted)) rmSync(join(ROOT, path))
  for (const [path, text] of wanted) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
  }
}

function leftOver(wanted: ReadonlyMap<string, string>): string[] {
  const generated = filesIn(OUTPUT).filter((path) => /\.[jt]s$/.test(path))
  const python = filesIn(PYTHON_OUTPUT).filter(
    (path) => path.endsWith('.py') && readFileSync(join(ROOT, path), 'utf8').startsWith(PYTHON_BANNER),
  )
  return [...generated, ...python].filter((path) => !wanted.has(path))
}

function filesIn(output: string): string[] {
  const directory = join(ROOT, output)
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => `${output}/${name}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = process.argv.includes('--check') ? await staleFiles() : await write()
  if (stale !== undefined && stale.length > 0) {
    console.error(`Stale generated files, run \`npm run generate\`: ${stale.join(', ')}`)
    process.exitCode = 1
  }
}
