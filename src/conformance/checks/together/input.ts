/** All hostile texts on a few volumes, stored at the same time, in two locales. */
import { existsSync } from 'node:fs'
import pLimit from 'p-limit'
import type { ClauseId } from '../../clauses.ts'
import { sharedSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demand, demandEqual, NotApplicable } from '../../violation.ts'
import { handleOf, newVolume, stat, type Volume } from '../../volumes.ts'
import { all } from '../all.ts'
import { canaryOf, HOSTILE_KEYS, LONG_TEXT, shellTexts, TEXTS } from '../input.ts'
import { escapedText, LOCALE_TEXT } from '../protocol.ts'

/** Texts that are hostile only where they are all that there is. */
const WHOLE = ['INP-PATH-001', 'INP-SPACE-001', 'INP-JSON-001'] as const

/** Calls at the same time: more only keep each other, and other checks, from the processor. */
const AT_ONCE = 8

export const INPUT_TOGETHER: Together = {
  checks: [
    'ROB-CONC-002',
    'ROB-CONC-003',
    ...Object.keys(TEXTS),
    'INP-SHELL-001',
    'INP-EMPTY-001',
    'INP-LONG-001',
    'INP-META-001',
    'PRO-STDIN-003',
    'PRO-ENV-002',
  ] as Together['checks'],
  async run(context) {
    if (context.run.subjects.judged.kind === 'datapath') throw new NotApplicable('needs volumes')
    const { environment: usual } = context.run
    const inC = { ...usual, LC_ALL: 'C', LANG: 'C' }
    const inUtf8 = { ...usual, LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8' }
    const sr = await sharedSr(context)
    const canary = canaryOf(context, 'of all')
    const isAbout = (...ids: readonly string[]) => ids.some((id) => context.isAbout(id as ClauseId))
    const shell = isAbout('INP-SHELL-001') ? shellTexts(canary) : []
    const wholes = WHOLE.filter((id) => isAbout(id))
    const others = Object.entries(TEXTS).filter(([id]) => isAbout(id) && !(WHOLE as readonly string[]).includes(id))
    // What ends with a newline comes last, so that it is the end of the text.
    const parts = [...others.flatMap(([, texts]) => texts), ...shell].sort(
      (a, b) => Number(a.endsWith('\n')) - Number(b.endsWith('\n')),
    )
    const every = parts.join(' ')
    const keyed = (texts: readonly string[]): Record<string, string> =>
      Object.fromEntries(texts.map((text, index) => [HOSTILE_KEYS[index] ?? `text-${index}`, text]))
    const values = [every, ...shell, ...(isAbout('INP-SPACE-001') ? TEXTS['INP-SPACE-001'] : [])]
    const more = isAbout('INP-META-001', 'ROB-CONC-002') ? HOSTILE_KEYS.slice(values.length) : []
    const given = [
      { name: every, description: every, keys: keyed([...values, ...more]) },
      ...(isAbout('INP-EMPTY-001', 'INP-LONG-001', 'ROB-CONC-003')
        ? [{ name: '', description: '', keys: { empty: '', long: LONG_TEXT } as Record<string, string> }]
        : []),
      ...wholes.map((id) => ({
        name: TEXTS[id].join(' '),
        description: TEXTS[id].at(-1) ?? '',
        keys: id === 'INP-SPACE-001' ? {} : keyed(TEXTS[id]),
      })),
    ] as const
    const volumes = await all(given.map(({ name, description }) => newVolume(context, sr, { name, description })))
    const limit = pLimit(AT_ONCE)
    const set = ({ key }: Volume, keys: object) =>
      Object.entries(keys).map(([k, v]) =>
        limit(() => context.call('Volume.set', { sr: handleOf(sr), key, k, v: String(v) })),
      )
    await all(volumes.flatMap((volume, index) => set(volume, given[index]?.keys ?? {})))
    const of = ({ name, description, keys }: Volume) => ({ name, description, keys })
    const [first] = volumes
    // What was set with one locale and written plainly, or with another and all in escapes, is one text.
    if (first !== undefined && isAbout('PRO-STDIN-003', 'PRO-ENV-002')) {
      const at = { sr: handleOf(sr), key: first.key }
      const escaped = { ...at, k: 'escaped', v: LOCALE_TEXT }
      await context.call('Volume.set', { ...at, k: LOCALE_TEXT, v: LOCALE_TEXT }, { environment: inC })
      await context.call('Volume.set', escaped, { environment: inUtf8, input: escapedText(context.input(escaped)) })
      Object.assign(given[0].keys, { [LOCALE_TEXT]: LOCALE_TEXT, escaped: LOCALE_TEXT })
      demandEqual(
        of(await context.call('Volume.stat', at, { environment: inC })),
        given[0],
        'the text as it was given, read with LC_ALL=C',
      )
    }
    if (first !== undefined && isAbout('INP-META-001')) {
      await context.call('Volume.unset', { sr: handleOf(sr), key: first.key, k: '../escape' })
      delete given[0].keys['../escape']
    }
    const seen = await all(volumes.map((volume) => stat(context, sr, volume)))
    demandEqual(seen.map(of), given, 'the text as it was given')
    const listed = await context.call('SR.ls', { sr: handleOf(sr) })
    const inList = volumes.map(({ key }) => listed.find((volume) => volume.key === key))
    demandEqual(
      inList.map((volume) => volume && of(volume)),
      given,
      'the same text in SR.ls',
    )
    demand(!existsSync(canary), 'a name that runs nothing', 'a command in it was run')
  },
}
