import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/** Room → the rooms it may import from, beside itself. What is not here is not a room. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'src/contract': [],
  'src/invoke': ['src/contract'],
  'src/registry': ['src/contract', 'src/invoke'],
  'src/host': ['src/contract', 'src/invoke', 'src/registry'],
  'src/toolstack': ['src/contract', 'src/invoke', 'src/registry', 'src/host'],
  'src/conformance': ['src/contract', 'src/invoke', 'src/registry', 'src/host'],
  'src/cli': ['src/contract', 'src/invoke', 'src/registry', 'src/host', 'src/toolstack', 'src/conformance'],
  'src/index.ts': ['src/contract', 'src/invoke', 'src/registry', 'src/host', 'src/toolstack', 'src/conformance'],
  'src/kit': ['src/contract'],
  'src/engine': ['src/contract', 'src/kit'],
  'src/build': ['src/contract', 'src/conformance', 'src/kit'],
  'volume.d': ['src/contract', 'src/kit', 'src/engine'],
  'datapath.d': ['src/contract', 'src/kit', 'src/engine'],
}

/** Where a process may be started: in the host by one file only. */
const STARTS_PROCESSES = ['src/invoke/spawn.ts', 'src/engine/', 'src/build/']

const FILES = ['src', 'volume.d', 'datapath.d']
  .flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).map((name) => join(room, name)),
  )
  .filter((file) => file.endsWith('.ts'))
  .sort()

const IMPORTS = new Map(FILES.map((file) => [file, importsOf(file)]))

describe('the arrows of the house', () => {
  test('every file stands in a room', () => {
    expect(FILES.length).toBeGreaterThan(0)
    expect(FILES.filter((file) => roomOf(file) === undefined)).toEqual([])
  })

  test.each(FILES)('%s imports only what its room may', (file) => {
    const room = roomOf(file) ?? ''
    const forbidden = local(file).filter(
      (imported) => ![room, ...(ARROWS[room] ?? [])].includes(roomOf(imported) ?? imported),
    )
    expect(forbidden).toEqual([])
  })

  test('no file imports itself by a detour', () => {
    const cycles = FILES.map((file) => cycleFrom(file)).filter((cycle) => cycle !== undefined)
    expect(cycles).toEqual([])
  })

  test('processes are started in few places', () => {
    const starters = FILES.filter((file) =>
      IMPORTS.get(file)?.some((name) => /^(node:)?child_process$|^execa$/.test(name)),
    )
    expect(starters.filter((file) => !STARTS_PROCESSES.some((place) => file.startsWith(place)))).toEqual([])
  })

  test('what Node.js keeps to itself is used in few places', () => {
    const users = FILES.filter((file) => /\bprocess\b[^\n]*\bbinding\b/.test(readFileSync(join(ROOT, file), 'utf8')))
    expect(users).toEqual(['src/engine/internals.ts'])
  })

  test('the contract does no input or output', () => {
    const reading = FILES.filter(
      (file) => roomOf(file) === 'src/contract' && IMPORTS.get(file)?.some((name) => name.startsWith('node:')),
    )
    expect(reading).toEqual([])
  })
})

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const statements = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?(?:\{[^}]*\})?[^'"\n;]*?from\s*['"]([^'"]+)['"]/g,
  )
  const bare = text.matchAll(/(?:^|\n)import\s*['"]([^'"]+)['"]/g)
  const lazy = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)
  return [...statements, ...bare, ...lazy].map(([, name]) => name ?? '')
}

/** The files of the project that a file imports. */
function local(file: string): string[] {
  const imported = (IMPORTS.get(file) ?? []).filter((name) => name.startsWith('.'))
  return imported.map((name) => relative(ROOT, resolve(ROOT, dirname(file), name)))
}

function roomOf(file: string): string | undefined {
  return Object.keys(ARROWS).find((room) => file === room || file.startsWith(room + sep))
}

function cycleFrom(start: string): string[] | undefined {
  const seen = new Set<string>()
  const walk = (file: string, path: string[]): string[] | undefined => {
    for (const next of local(file).filter((name) => existsSync(join(ROOT, name)))) {
      if (next === start) return [...path, next]
      if (seen.has(next)) continue
      seen.add(next)
      const found = walk(next, [...path, next])
      if (found) return found
    }
    return undefined
  }
  return walk(start, [start])
}
