import { readFile } from 'node:fs/promises'
import { parseJson } from '../../contract/json.ts'
import { isObject } from '../../contract/normalise.ts'
import { type Configuration, configurationFrom } from '../configuration.ts'
import { usage } from '../options.ts'

/**
 * Configuration from words and from a file with a JSON object of texts; words win.
 * @throws Smapiv3Error USAGE; it never repeats a value, which may be secret
 */
export async function configurationOf(words: readonly string[] = [], file?: string): Promise<Configuration> {
  return { ...(file === undefined ? {} : await configurationIn(file)), ...configurationFrom(words) }
}

async function configurationIn(file: string): Promise<Configuration> {
  let value: unknown
  try {
    value = parseJson(await readFile(file, 'utf8'))
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message
    throw usage(`cannot read the configuration in ${file}: ${reason}`)
  }
  if (isObject(value) && Object.values(value).every((member) => typeof member === 'string'))
    return value as Configuration
  throw usage(`${file} must hold a JSON object whose members are all text`)
}
