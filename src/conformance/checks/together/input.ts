/** All hostile texts on a few volumes. */
import { existsSync } from 'node:fs'
import { sharedSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demand, demandEqual } from '../../violation.ts'
import { handleOf, newVolume, stat, type Volume } from '../../volumes.ts'
import { all } from '../all.ts'
import { canaryOf, shellTexts, TEXTS } from '../input.ts'

/** Texts that are hostile only where they are all that there is. */
const WHOLE = ['INP-PATH-001', 'INP-SPACE-001', 'INP-JSON-001'] as const

export const INPUT_TOGETHER: Together = {
  checks: [...Object.keys(TEXTS), 'INP-SHELL-001'] as Together['checks'],
  async run(context) {
    const sr = await sharedSr(context)
    const canary = canaryOf(context, 'of all')
    const others = Object.entries(TEXTS).filter(([id]) => !(WHOLE as readonly string[]).includes(id))
    // What ends with a newline comes last, so that it is the end of the text.
    const parts = [...others.flatMap(([, texts]) => texts), ...shellTexts(canary)].sort(
      (a, b) => Number(a.endsWith('\n')) - Number(b.endsWith('\n')),
    )
    const every = parts.join(' ')
    const wholes = WHOLE.map((id) => TEXTS[id])
    const values = [every, ...shellTexts(canary), ...wholes.flat()]
    const given = [
      {
        name: every,
        description: every,
        keys: Object.fromEntries(values.map((text, index) => [`text-${index}`, text])),
      },
      ...wholes.map((texts) => ({ name: texts.join(' '), description: texts.at(-1) ?? '', keys: {} })),
    ]
    const volumes = await all(given.map(({ name, description }) => newVolume(context, sr, { name, description })))
    const set = ({ key }: Volume, keys: object) =>
      Object.entries(keys).map(([k, v]) => context.call('Volume.set', { sr: handleOf(sr), key, k, v: String(v) }))
    await all(volumes.flatMap((volume, index) => set(volume, given[index]?.keys ?? {})))
    const of = ({ name, description, keys }: Volume) => ({ name, description, keys })
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
