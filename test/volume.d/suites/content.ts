/** What volumes should hold, written and read through the datapath as a guest does. */
import { io, targetOf } from '../../support/datapath.ts'
import type { TestPlugin } from '../../support/plugin.ts'
import { onImages } from '../../support/qemu-io.ts'
import type { UnderTest, Volume } from './storage.ts'

/** Bytes of a block. */
export const BLOCK = 65536

/** One byte value for each block of a volume. */
export type Content = readonly number[]

/** The content of a new volume of a size in bytes. */
export function zeroes(size: number): Content {
  return Array.from({ length: size / BLOCK }, () => 0)
}

/** The content after some blocks were written. */
export function changed(content: Content, first: number, count: number, value: number): Content {
  return content.map((before, index) => (index >= first && index < first + count ? value : before))
}

/** The content after a volume has become larger. */
export function grown(content: Content, size: number): Content {
  return [...content, ...zeroes(size - content.length * BLOCK)]
}

type Uris = Pick<Volume, 'uri'>

/** Writes a value to some blocks of a volume. */
export function write(datapath: TestPlugin, volume: Uris, first: number, count: number, value: number): Promise<void> {
  return withDisk(datapath, volume, (target) =>
    io(target, [`write -P ${value} ${first * BLOCK} ${count * BLOCK}`, 'flush']),
  )
}

/** Fails where a volume does not hold what it should. */
export function expectContent(datapath: TestPlugin, volume: Uris, content: Content): Promise<void> {
  return withDisk(datapath, volume, (target) => expectBytes(target, content), 'Datapath.activate_readonly')
}

/** The same of a volume that nobody uses, by the quickest way that the storage offers. */
export function expectStored(it: UnderTest, volume: Volume, content: Content): Promise<void> {
  return expectAllStored(it, [[volume, content]])
}

/** The same of several volumes, at once. */
export async function expectAllStored(
  { storage, datapath }: UnderTest,
  volumes: readonly (readonly [Volume, Content])[],
): Promise<void> {
  const { image } = storage
  if (image === undefined) for (const [volume, content] of volumes) await expectContent(datapath, volume, content)
  else {
    await onImages(
      volumes.map(([volume, content]) => ({
        image: image(volume, 'read'),
        commands: readsOf(content),
        writes: false,
      })),
    )
  }
}

/** Writes a value to some blocks of a volume that nobody uses, by the quickest way that the storage offers. */
export async function store(
  { storage, datapath }: UnderTest,
  volume: Volume,
  first: number,
  count: number,
  value: number,
): Promise<void> {
  if (storage.image === undefined) return await write(datapath, volume, first, count, value)
  const commands = [`write -P ${value} ${first * BLOCK} ${count * BLOCK}`]
  await onImages([{ image: storage.image(volume, 'write'), commands, writes: true }])
}

/** Fails where a disk does not hold what it should. */
export function expectBytes(target: string, content: Content): Promise<void> {
  return io(target, readsOf(content), ['-r'])
}

/** One command for each run of blocks that hold the same value. */
function readsOf(content: Content): readonly string[] {
  const commands: string[] = []
  for (let first = 0; first < content.length; ) {
    let end = first + 1
    while (end < content.length && content[end] === content[first]) end++
    commands.push(`read -P ${content[first]} ${first * BLOCK} ${(end - first) * BLOCK}`)
    first = end
  }
  return commands
}

let domains = 0

/** Runs a body with a disk attached and activated for a domain of its own. */
export async function withDisk<T>(
  datapath: TestPlugin,
  { uri: [uri = ''] }: Uris,
  body: (target: string) => Promise<T>,
  activate: 'Datapath.activate' | 'Datapath.activate_readonly' = 'Datapath.activate',
): Promise<T> {
  const disk = { uri, domain: `u0_test_${domains++}` }
  try {
    const backend = await datapath.call('Datapath.attach', disk)
    await datapath.call(activate, disk)
    return await body(targetOf(backend))
  } finally {
    await datapath.call('Datapath.deactivate', disk)
    await datapath.call('Datapath.detach', disk)
  }
}
