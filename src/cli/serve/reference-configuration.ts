/** The configuration files of xapi-storage-script, which override its command line. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Smapiv3Error } from '../../contract/errors.ts'
import {
  DEFAULT_VALUES,
  objectionTo,
  REFERENCE_NAMES,
  type ReferenceName,
  type ReferenceValues,
} from './reference-options.ts'

/**
 * Default < command line < file < fragments. A file or directory that is not there is fine, and so is an unknown key.
 * @throws Smapiv3Error BAD_CONFIGURATION where a file cannot be read or a value is malformed
 */
export function effectiveValues(typed: Partial<Record<ReferenceName, string>>): ReferenceValues {
  const first = { ...DEFAULT_VALUES, ...typed }
  const files = [first.config, ...fragmentsIn(first['config-dir'])]
  return Object.assign({}, first, ...files.map(settingsIn))
}

function fragmentsIn(directory: string): string[] {
  const names = unlessAbsent(directory, () => readdirSync(directory)) ?? []
  return names.sort().map((name) => join(directory, name))
}

function settingsIn(path: string): Partial<Record<ReferenceName, string>> {
  const text = unlessAbsent(path, () => readFileSync(path, 'utf8')) ?? ''
  const settings: Partial<Record<ReferenceName, string>> = {}
  for (const line of text.split('\n')) {
    const [, key, value = ''] = /^\s*([^=#\s]+)\s*=\s*([^#]*?)\s*(?:#.*)?$/.exec(line) ?? []
    const name = REFERENCE_NAMES.find((known) => known === key)
    if (name === undefined) continue
    const plain = /^(["'])(.*)\1$/.exec(value)?.[2] ?? value
    const objection = objectionTo(name, plain)
    if (objection !== undefined) throw new Smapiv3Error('BAD_CONFIGURATION', `${path}: ${objection}`)
    settings[name] = plain
  }
  return settings
}

function unlessAbsent<T>(path: string, read: () => T): T | undefined {
  try {
    return read()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Smapiv3Error('BAD_CONFIGURATION', `cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
}
