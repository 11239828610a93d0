/** Checks on text from people. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Check, check } from '../check.ts'
import type { ClauseId } from '../clauses.ts'
import type { Context } from '../context.ts'
import { Disk, scratchDisk } from '../disks.ts'
import { sharedSr } from '../sr-fixture.ts'
import { demand, demandEqual } from '../violation.ts'
import { handleOf, KIB, listed, newVolume, stat } from '../volumes.ts'
import { sampleVolume } from './samples.ts'

/** Clause → the texts that it is about. */
export const TEXTS = {
  'INP-QUOTE-001': ['it\'s "quoted" \\ and \\\\ \\" \\n', '\'\'\'"""'],
  'INP-NEWLINE-001': ['one\ntwo\r\nthree\tfour', 'ends with a newline\n'],
  'INP-PATH-001': ['../../../../etc/passwd', '/etc/passwd', '-rf', '..', 'a/b'],
  'INP-UNICODE-001': ['Größe 数据 مرحبا', 'e\u0301 😀👩‍🚀 \u2028'],
  'INP-CONTROL-001': ['\u0001\u0002\u001b[31m\u0007\b\f', '\u007f'],
  'INP-SPACE-001': [' leading', 'trailing ', ' '],
  'INP-FORMAT-001': ['100% %s %d %n %Y-%m-%d', '%2F%00 {0} {name} $HOME $$'],
  'INP-JSON-001': ['{"key":1}', 'null', 'true', '12', '1e3'],
} as const

/** Keys of metadata that are hostile, and one that is not. */
export const HOSTILE_KEYS = ['two words', '../escape', `quote"'`, '__proto__', 'key', '-k', 'ключ', '.'] as const

export const LONG_TEXT = 'long '.repeat((64 * KIB) / 5)

/** Texts that run a command where a shell sees them: it makes a file. */
export function shellTexts(canary: string): readonly string[] {
  const run = `touch ${canary}`
  return [`$(${run}) \`${run}\` * ? [a]`, `; ${run} | ${run} && ${run} > ${canary}`, `'; ${run}; '`, `"; ${run}; "`]
}

/** The file that a command in a text would make. */
export function canaryOf({ run }: Context, what: string): string {
  return join(run.scratch, `canary-${what.replaceAll(' ', '-')}`)
}

export const INPUT_CHECKS: readonly Check[] = [
  ...Object.entries(TEXTS).map(([id, texts]) => survives(id as keyof typeof TEXTS, texts)),
  check('INP-SHELL-001', 'shared', async (context) => {
    const canary = canaryOf(context, 'of names')
    await survive(context, shellTexts(canary))
    demand(!existsSync(canary), 'a name that runs nothing', 'a command in it was run')
  }),
  check('INP-EMPTY-001', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr, { name: '', description: '' })
    const { name, description } = await stat(context, sr, volume)
    demandEqual({ name, description }, { name: '', description: '' }, 'an empty name and description')
    await context.call('Volume.set', { sr: handleOf(sr), key: volume.key, k: 'empty', v: '' })
    demandEqual((await stat(context, sr, volume)).keys, { empty: '' }, 'an empty value')
  }),
  check('INP-LONG-001', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const at = { sr: handleOf(sr), key: volume.key }
    const v = LONG_TEXT
    const { outcome } = await context.outcome('Volume.set', { ...at, k: 'long', v })
    const kept = (await stat(context, sr, volume)).keys.long
    if (outcome.ok) demand(kept === v, `the value of ${v.length} characters`, `one of ${kept?.length ?? 0}`)
    else await context.refused('Volume.set', { ...at, k: 'long', v }, 'the value is too long')
  }),
  check('INP-META-001', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const at = { sr: handleOf(sr), key: volume.key }
    const keys = HOSTILE_KEYS
    for (const k of keys) await context.call('Volume.set', { ...at, k, v: `value of ${k}` })
    const seen = await stat(context, sr, volume)
    const pairs = (all: readonly string[]) => all.map((k) => [k, Object.hasOwn(seen.keys, k) ? seen.keys[k] : null])
    demandEqual(
      pairs(keys),
      keys.map((k) => [k, `value of ${k}`]),
      'every key with its value',
    )
    demandEqual(
      { key: seen.key, name: seen.name },
      { key: volume.key, name: volume.name },
      'the record itself as before',
    )
    await context.call('Volume.unset', { ...at, k: '../escape' })
    demand(!Object.hasOwn((await stat(context, sr, volume)).keys, '../escape'), 'no such key any more', '../escape')
  }),
  check('INP-KEY-001', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const { key } = await sampleVolume(context, sr)
    for (const hostile of ['', '..', '../../../../../etc/passwd', `./${key}`, `../${key}`, '$(exit 0)', `${key}\n`])
      await context.refused('Volume.stat', { sr: handleOf(sr), key: hostile }, `${JSON.stringify(hostile)} is no key`)
  }),
  check('INP-KEY-002', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const directory = join(context.run.scratch, 'not the plugin’s')
    mkdirSync(directory, { recursive: true })
    const files = ['canary', 'canary.raw', 'canary.json', 'canary.qcow2', 'canary.vhd'].map((name) =>
      join(directory, name),
    )
    for (const file of files) writeFileSync(file, '{}')
    const path = join(directory, 'canary')
    for (const key of [path, `../../../../../../..${path}`, `${path}.raw`, `file://${encodeURI(path)}`])
      await context.outcome('Volume.destroy', { sr: handleOf(sr), key })
    demandEqual(
      files.filter((file) => !existsSync(file)),
      [],
      'no file that was removed',
    )
  }),
  check('INP-SR-001', 'shared', async (context) => {
    const { handle = '' } = await sharedSr(context)
    for (const sr of ['', 'no-such-handle', '../..', `${handle}-other`])
      await context.refused('SR.stat', { sr }, `${JSON.stringify(sr)} is no handle`)
    await context.refused('SR.ls', { sr: 'no-such-handle' }, 'it is no handle')
  }),
  check('INP-URI-001', 'shared', async (context) => {
    const { datapaths } = context.run.subjects
    for (const { path } of datapaths) {
      const scheme = path.slice(path.lastIndexOf('/') + 1)
      const uri = `${scheme}:///nowhere/smapiv3-conformance-missing`
      const params = { uri, domain: context.domain() }
      await context.refused('Datapath.attach', params, 'the URI leads nowhere', { plugin: path })
    }
  }),
  check('INP-DOMAIN-001', 'shared', async (context) => {
    const { uri } = await scratchDisk(context)
    const { canary, domains } = hostileDomains(context)
    for (const domain of domains) {
      const disk = new Disk(context, uri, domain)
      await disk.attach()
      await disk.activate()
      await disk.deactivate()
      await disk.detach()
    }
    demand(!existsSync(canary), 'a domain that runs nothing', 'a command in it was run')
  }),
]

/** Domains that no script may run or take for a path; the file is made where one does. */
export function hostileDomains(context: Context) {
  const canary = join(context.run.scratch, 'domain-canary')
  const base = context.domain()
  return { canary, domains: [`${base} two words/../../x"'$(touch ${canary})`, `${base}${'x'.repeat(180)}`] }
}

function survives(id: ClauseId, texts: readonly string[]): Check {
  return check(id, 'shared', (context) => survive(context, texts))
}

/** One volume with all of the texts in its name, and each of them as a value. */
async function survive(context: Context, texts: readonly string[]): Promise<void> {
  const sr = await sharedSr(context)
  const name = texts[0] === undefined ? '' : `${texts.join(' ')}`
  const description = texts.at(-1) ?? ''
  const volume = await newVolume(context, sr, { name, description })
  const at = { sr: handleOf(sr), key: volume.key }
  const values = Object.fromEntries(texts.map((text, index) => [`text-${index}`, text]))
  for (const [k, v] of Object.entries(values)) await context.call('Volume.set', { ...at, k, v })
  const expected = { name, description, keys: values }
  const of = (record: typeof volume | undefined) =>
    record && { name: record.name, description: record.description, keys: record.keys }
  demandEqual(of(await stat(context, sr, volume)), expected, 'the text as it was given')
  demandEqual(of(await listed(context, sr, volume)), expected, 'the same text in SR.ls')
}
