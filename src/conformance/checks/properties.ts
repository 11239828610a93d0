/** Checks on what is stored with a volume. */
import { type Check, story } from '../check.ts'
import { sharedSr } from '../sr-fixture.ts'
import { demandEqual } from '../violation.ts'
import { handleOf, listed, newVolume, stat, unchanging } from '../volumes.ts'

/** The keys of section 12 of the script protocol, with values as the toolstack writes them. */
export const TOOLSTACK_KEYS = {
  'vdi-type': 'user',
  content_id: '8f2b7c9e-2d0d-4b4d-9a3b-5a1f0a6d9a11',
  snapshot_time: '20261126T10:20:30Z',
  is_a_snapshot: 'false',
  snapshot_of: 'vol-1',
  'clone-on-boot': 'vol-2',
  '_sm_config_image-format': 'raw',
  tagsbackup: 'backup',
} as const

export const PROPERTY_CHECKS: readonly Check[] = [
  story(
    [
      'VOL-SET-001',
      'VOL-SET-002',
      'VOL-SET-004',
      'VOL-SET-005',
      'VOL-SET-006',
      'VOL-SET-007',
      'VOL-UNSET-001',
      'VOL-UNSET-002',
    ],
    'shared',
    async (context) => {
      const sr = await sharedSr(context)
      const volume = await newVolume(context, sr, { description: 'a description' })
      const other = await newVolume(context, sr)
      const at = { sr: handleOf(sr), key: volume.key }
      const keys = async () => (await stat(context, sr, volume)).keys
      await context.step('VOL-SET-001', async () => {
        await context.call('Volume.set', { ...at, k: 'vdi-type', v: 'user' })
        demandEqual(await keys(), { 'vdi-type': 'user' }, 'the value in Volume.stat')
        demandEqual((await listed(context, sr, volume))?.keys, { 'vdi-type': 'user' }, 'the value in SR.ls')
      })
      await context.judge('VOL-SET-002', async () => {
        await context.call('Volume.set', { ...at, k: 'vdi-type', v: 'system' })
        demandEqual((await keys())['vdi-type'], 'system', 'the new value')
      })
      await context.judge('VOL-SET-004', async () => {
        for (const [k, v] of Object.entries(TOOLSTACK_KEYS)) await context.call('Volume.set', { ...at, k, v })
        const seen = await keys()
        const kept = Object.fromEntries(Object.keys(TOOLSTACK_KEYS).map((k) => [k, seen[k] ?? null]))
        demandEqual(kept, TOOLSTACK_KEYS, 'every key')
      })
      await context.judge('VOL-SET-005', async () => {
        await context.call('Volume.set', { ...at, k: 'empty', v: '' })
        demandEqual((await keys()).empty, '', 'an empty value')
      })
      await context.judge('VOL-SET-006', async () => {
        demandEqual((await stat(context, sr, other)).keys, {}, 'no metadata on a volume that was given none')
      })
      await context.judge('VOL-SET-007', async () => {
        const of = ({ keys: _, ...rest }: ReturnType<typeof unchanging>) => rest
        demandEqual(
          of(unchanging(await stat(context, sr, volume))),
          of(unchanging(volume)),
          'all but the metadata as before',
        )
      })
      await context.judge('VOL-UNSET-001', async () => {
        await context.call('Volume.set', { ...at, k: 'first', v: '1' })
        await context.call('Volume.set', { ...at, k: 'second', v: '2' })
        const { first: _, ...without } = await keys()
        await context.call('Volume.unset', { ...at, k: 'first' })
        demandEqual(await keys(), without, 'the metadata without the key')
      })
      await context.judge('VOL-UNSET-002', async () => {
        const before = await keys()
        await context.call('Volume.unset', { ...at, k: 'never-set' })
        demandEqual(await keys(), before, 'the metadata as before')
      })
    },
  ),
  story(['VOL-NAME-001', 'VOL-DESC-001'], 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr, { description: 'the first' })
    const at = { sr: handleOf(sr), key: volume.key }
    await context.judge('VOL-NAME-001', async () => {
      const name = context.name('renamed')
      await context.call('Volume.set_name', { ...at, new_name: name })
      demandEqual((await stat(context, sr, volume)).name, name, 'the name in Volume.stat')
      demandEqual((await listed(context, sr, volume))?.name, name, 'the name in SR.ls')
      // So that it is found by its name, should it be lost.
      await context.call('Volume.set_name', { ...at, new_name: volume.name })
    })
    await context.judge('VOL-DESC-001', async () => {
      await context.call('Volume.set_description', { ...at, new_description: 'two\nlines' })
      demandEqual((await stat(context, sr, volume)).description, 'two\nlines', 'the description in Volume.stat')
      demandEqual((await listed(context, sr, volume))?.description, 'two\nlines', 'the description in SR.ls')
    })
  }),
]
