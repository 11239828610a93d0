/** One volume with everything that can be derived from it, whose records are looked at in every way. */
import { schemeOf } from '../../../contract/uri.ts'
import type { ClauseId } from '../../clauses.ts'
import type { Context } from '../../context.ts'
import type { Sr } from '../../sr.ts'
import { sharedSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demand, demandEqual } from '../../violation.ts'
import {
  cloneOf,
  destroy,
  handleOf,
  make,
  newVolume,
  SMALL,
  snapshotOf,
  stat,
  unchanging,
  type Volume,
} from '../../volumes.ts'
import { compare } from '../changes.ts'
import { demandDistinct, demandInherited } from '../copies.ts'
import { TOOLSTACK_KEYS } from '../properties.ts'
import { demandNothing } from '../unknown-key.ts'
import { demandResized, SLACK, UUID } from '../volume.ts'

/** What a volume has after {@link described}. */
const KEYS = { ...TOOLSTACK_KEYS, 'vdi-type': 'system', empty: '', second: '2' }

export const RECORDS_TOGETHER: Together = {
  checks: [
    'SR-LS-001',
    'VOL-CREATE-001',
    'VOL-STAT-002',
    'VOL-RESIZE-001',
    'VOL-DESTROY-001',
    'VOL-SET-001',
    'VOL-NAME-001',
    'VOL-SNAPSHOT-001',
    'VOL-CLONE-001',
    'VOL-REVERT-001',
    'VOL-COPY-001',
    'VOL-COMPARE-001',
    'VOL-SIMILAR-001',
  ],
  async run(context) {
    const sr = await sharedSr(context)
    const { origin, twin } = await created(context, sr)
    const { snapshots, clones } = await copies(context, sr, origin)
    const [snapshot] = snapshots
    const [clone] = clones
    for (const volume of [...snapshots, ...clones]) {
      demandDistinct(volume, origin)
      demandInherited(volume, origin)
      demandEqual(volume.virtual_size, origin.virtual_size, 'the size')
      demandEqual(volume.read_write, clones.includes(volume), 'read_write')
    }
    // What is done to one of them is not seen on another.
    const renamed = snapshot && (await marked(context, sr, snapshot, origin))
    const grown = clone && { sr: handleOf(sr), key: clone.key, new_size: SMALL * 2 }
    if (grown) await context.call('Volume.resize', grown)
    const large = RESIZED.some((id) => context.isAbout(id)) ? await resized(context, sr, origin) : origin
    if (snapshot && renamed) demandEqual(unchanging(await stat(context, sr, snapshot)), unchanging(renamed), AS_LEFT)
    const enlarged = clone && (await stat(context, sr, clone))
    if (clone && enlarged) {
      const { virtual_size, uri } = enlarged
      demandEqual(unchanging(enlarged), { ...unchanging(clone), keys: {}, virtual_size, uri }, 'all but its size')
    }
    const others = [...snapshots.slice(1), ...clones.slice(1), twin].map((other) => ({ ...other, keys: {} }))
    const changed = [large, renamed, enlarged].flatMap((volume) => volume ?? [])
    await demandRecords(context, sr, [...changed, ...others])
    if (enlarged) await derived(context, sr, large, enlarged)
    if (snapshot && context.isAbout('VOL-REVERT-001')) await reverted(context, sr, large, snapshot)
    if (GONE.some((id) => context.isAbout(id)))
      await destroyed(context, sr, clone ?? (await newVolume(context, sr)), twin, snapshot ?? origin)
  },
}

/** What a volume gets metadata for, what a snapshot is made for, what a clone, what a volume is enlarged for, and what one is destroyed for. */
const DESCRIBED: readonly ClauseId[] = [
  'SR-LS-001',
  'VOL-RESIZE-001',
  'VOL-SET-001',
  'VOL-NAME-001',
  'VOL-SNAPSHOT-001',
  'VOL-CLONE-001',
  'VOL-REVERT-001',
  'VOL-COPY-001',
]
const SNAPSHOTS: readonly ClauseId[] = ['VOL-SNAPSHOT-001', 'VOL-CLONE-001', 'VOL-REVERT-001']
const CLONES: readonly ClauseId[] = ['VOL-CLONE-001', 'VOL-COMPARE-001', 'VOL-SIMILAR-001']
const RESIZED: readonly ClauseId[] = [
  'VOL-RESIZE-001',
  'VOL-SNAPSHOT-001',
  'VOL-CLONE-001',
  'VOL-REVERT-001',
  'VOL-COMPARE-001',
]
const GONE: readonly ClauseId[] = ['VOL-DESTROY-001', 'VOL-STAT-002', 'VOL-REVERT-001', 'SR-LS-001']

const AS_LEFT = 'the record of the snapshot as it was left'

/** Everything that is derived from a volume, of what is needed; the others come from the first. */
async function copies(context: Context, sr: Sr, origin: Volume) {
  const snapshots: Volume[] = []
  const clones: Volume[] = []
  if (SNAPSHOTS.some((id) => context.isAbout(id))) snapshots.push(await snapshotOf(context, sr, origin))
  if (CLONES.some((id) => context.isAbout(id))) clones.push(await cloneOf(context, sr, origin))
  const [snapshot, clone] = [snapshots[0], clones[0]]
  if (snapshot && context.isAbout('VOL-SNAPSHOT-001') && context.run.selected('VOL-SNAPSHOT-009'))
    snapshots.push(await snapshotOf(context, sr, snapshot))
  if (snapshot && clone && context.isAbout('VOL-CLONE-001'))
    clones.push(await cloneOf(context, sr, snapshot), await cloneOf(context, sr, clone))
  if (context.isAbout('VOL-COPY-001')) clones.push(await copyOf(context, sr, origin))
  return { snapshots, clones }
}

/** Gives a snapshot a name and metadata, as a toolstack does, and returns its record then. */
async function marked(context: Context, sr: Sr, snapshot: Volume, { key }: Volume): Promise<Volume> {
  const at = { sr: handleOf(sr), key: snapshot.key }
  const name = context.name('renamed snapshot')
  await context.call('Volume.set', { ...at, k: 'snapshot_of', v: key })
  await context.call('Volume.set_name', { ...at, new_name: name })
  return { ...snapshot, name, keys: { snapshot_of: key } }
}

/** Two volumes of one name, the first with a description and metadata. */
async function created(context: Context, sr: Sr): Promise<{ origin: Volume; twin: Volume }> {
  const request = { name: context.name('volume'), description: 'a description', size: SMALL + 1 }
  const volume = await newVolume(context, sr, request)
  const { name, description, keys, read_write, sharable, uri, uuid, virtual_size: size } = volume
  const expected = { name: request.name, description: request.description, keys: {}, read_write: true, sharable: false }
  demandEqual({ name, description, keys, read_write, sharable }, expected, 'as asked')
  demand(size >= request.size && size < request.size + SLACK, `at least ${request.size}, and not much more`, size)
  demand(uuid !== undefined && UUID.test(uuid), 'a uuid', uuid)
  demand(uri.length > 0 && uri.every((text) => schemeOf(text) !== undefined), 'URIs with a scheme', uri)
  demand(volume.physical_utilisation >= 0, 'not below 0', volume.physical_utilisation)
  const twin = await newVolume(context, sr, { name: request.name, size: 5_000_000 })
  demandDistinct(twin, volume)
  demand(twin.virtual_size >= 5_000_000, 'at least 5000000', twin.virtual_size)
  demandEqual(unchanging(await stat(context, sr, volume)), unchanging(volume), 'what Volume.create answered')
  const origin = DESCRIBED.some((id) => context.isAbout(id)) ? await described(context, sr, volume) : volume
  return { origin, twin }
}

/** Gives a volume another name and description, and metadata. */
async function described(context: Context, sr: Sr, volume: Volume): Promise<Volume> {
  const at = { sr: handleOf(sr), key: volume.key }
  const name = context.name('renamed')
  const description = 'two\nlines'
  // Before the names and after them: neither changes the other.
  await context.call('Volume.set', { ...at, k: 'vdi-type', v: 'user' })
  await context.call('Volume.set_name', { ...at, new_name: name })
  await context.call('Volume.set_description', { ...at, new_description: description })
  if (context.isAbout('VOL-SET-001')) {
    for (const [k, v] of Object.entries({ ...KEYS, first: '1' })) await context.call('Volume.set', { ...at, k, v })
    await context.call('Volume.unset', { ...at, k: 'first' })
    await context.call('Volume.unset', { ...at, k: 'never-set' })
  }
  const seen = await stat(context, sr, volume)
  const keys = context.isAbout('VOL-SET-001') ? KEYS : { 'vdi-type': 'user' }
  demandEqual(unchanging(seen), { ...unchanging(volume), name, description, keys }, 'the metadata as it was set')
  // So that it is found by its name, should it be lost.
  await context.call('Volume.set_name', { ...at, new_name: volume.name })
  return { ...seen, name: volume.name }
}

function copyOf(context: Context, sr: Sr, { key, name }: Volume): Promise<Volume> {
  return make(context, sr, name, 'Volume.copy', { sr: handleOf(sr), key, dest_sr: handleOf(sr) })
}

/** Makes a volume larger, twice, and tries to make it smaller. */
async function resized(context: Context, sr: Sr, volume: Volume): Promise<Volume> {
  const at = { sr: handleOf(sr), key: volume.key }
  const size = SMALL * 3 + 1
  await context.call('Volume.resize', { ...at, new_size: size })
  const large = await stat(context, sr, volume)
  demand(large.virtual_size >= size, `at least ${size}`, large)
  await context.call('Volume.resize', { ...at, new_size: large.virtual_size })
  const smaller = Math.floor(Number(large.virtual_size) / 3)
  const shrink = await context.outcome('Volume.resize', { ...at, new_size: smaller })
  const after = await stat(context, sr, volume)
  demandResized(shrink, { before: large, after, asked: smaller })
  // A URI may tell the size.
  const of = ({ virtual_size: _, uri: _uri, ...rest }: ReturnType<typeof unchanging>) => rest
  demandEqual(of(unchanging(after)), of(unchanging(volume)), 'all but the size as before')
  return after
}

/** Demands the records of volumes in the list. */
async function demandRecords(context: Context, sr: Sr, wanted: readonly Volume[]): Promise<void> {
  const list = await context.call('SR.ls', { sr: handleOf(sr) })
  for (const ids of [list.map(({ key }) => key), list.flatMap(({ uuid }) => (uuid === undefined ? [] : [uuid]))])
    demandEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
      'no key and no uuid twice',
    )
  for (const volume of wanted) {
    const listed = list.find(({ key }) => key === volume.key)
    demandEqual(listed && unchanging(listed), unchanging(volume), 'the record as it was, in SR.ls')
  }
}

/** What is asked of two volumes at once. */
async function derived(context: Context, sr: Sr, origin: Volume, clone: Volume): Promise<void> {
  if (context.isAbout('VOL-COMPARE-001')) await compare(context, handleOf(sr), origin, clone)
  if (!context.isAbout('VOL-SIMILAR-001')) return
  const keys = await context.call('Volume.similar_content', { sr: handleOf(sr), key: clone.key })
  demand(!keys.includes(clone.key), 'not the volume itself', keys)
}

async function reverted(context: Context, sr: Sr, volume: Volume, snapshot: Volume): Promise<void> {
  const revert = (key: string) => ({ sr: handleOf(sr), key: volume.key, snapshot: key }) as const
  await context.call('Volume.revert', revert(snapshot.key))
  await context.call('Volume.revert', revert(snapshot.key))
  const after = await stat(context, sr, volume)
  // The content may be somewhere else now, and Volume.stat is asked before each use.
  const of = ({ uri: _, ...rest }: ReturnType<typeof unchanging>) => rest
  const expected = { ...of(unchanging(volume)), virtual_size: snapshot.virtual_size }
  demandEqual(of(unchanging(after)), expected, 'the volume as before, with the size of the snapshot')
}

/** Destroys a volume, which is then not known any more, and looks for others. */
async function destroyed(context: Context, sr: Sr, volume: Volume, other: Volume, kept: Volume): Promise<void> {
  await destroy(context, sr, volume)
  demandEqual(unchanging(await stat(context, sr, other)), unchanging(other), 'the other volume as before')
  const next = await newVolume(context, sr, { name: volume.name })
  demand(next.key !== volume.key, `a key other than ${volume.key}`, next.key)
  await demandNothing(context, sr, volume)
  if (context.isAbout('VOL-REVERT-001')) {
    const params = { sr: handleOf(sr), key: other.key, snapshot: volume.key }
    await context.refused('Volume.revert', params, 'the snapshot does not exist')
  }
  const left = (await context.call('SR.ls', { sr: handleOf(sr) })).map(({ key }) => key)
  demand(!left.includes(volume.key), 'no record of the volume that was destroyed', left)
  for (const { key } of [other, kept]) demand(left.includes(key), `a record of ${key}`, left)
}
