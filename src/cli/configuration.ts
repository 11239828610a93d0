import { redactParams } from '../contract/redact.ts'
import { usage } from './options.ts'

export type Configuration = Readonly<Record<string, string>>

/**
 * The configuration of an SR from words such as `uri=file:///srv`.
 * @throws Smapiv3Error USAGE; it never repeats a value, which may be secret
 */
export function configurationFrom(words: readonly string[]): Configuration {
  const entries = new Map<string, string>()
  for (const [index, word] of words.entries()) {
    const end = word.indexOf('=')
    if (end < 1) throw usage(`the configuration must be words of the form key=value; word ${index + 1} of it is not`)
    const key = word.slice(0, end)
    if (entries.has(key)) throw usage(`the configuration gives ${JSON.stringify(key)} twice`)
    entries.set(key, word.slice(end + 1))
  }
  return Object.fromEntries(entries)
}

/** The configuration for people: its secrets are left out. */
export function shownConfiguration(configuration: Configuration): Configuration {
  const { configuration: shown } = redactParams('SR.attach', { configuration }) as { configuration: Configuration }
  return shown
}

/** Words for a command line that people may copy; secrets are left for them to fill in. */
export function wordsOf(configuration: Configuration): string {
  return Object.entries(shownConfiguration(configuration))
    .map(([key, value]) => shellWord(`${key}=${value}`))
    .join(' ')
}

/** A word as a shell takes it. */
export function shellWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
