/** The methods of class Volume that read content: Volume.compare and Volume.similar_content. */
import type { Params, Result } from '../../src/contract/methods.ts'
import { BLOCK_SIZE, differingBlocksOf } from '../../src/engine/compare.ts'
import { piecesOf, withContent } from '../../src/engine/lvm/content.ts'
import { DamagedTagsError } from '../../src/engine/lvm/tags.ts'
import { errors } from '../../src/kit/index.ts'
import { withTwoVolumes } from './locking.ts'
import { type Generation, generationsOf, metadataOf } from './metadata.ts'
import { attachments, type FoundVolume, findVolume, groupOf, openRepository } from './repository.ts'

export function compare({ sr, key, key2 }: Params<'Volume.compare'>): Result<'Volume.compare'> {
  const attachment = attachments.of(sr)
  return withTwoVolumes(attachment, key, key2, () => {
    const [one, other] = [findVolume(attachment, key), findVolume(attachment, key2)]
    if (key === key2) return { blocksize: BLOCK_SIZE, ranges: [] }
    const ranges = withBytes(one, (left) => withBytes(other, (right) => differingBlocksOf(left, right)))
    return { blocksize: BLOCK_SIZE, ranges }
  })
}

/** Volumes that descend from the same one, the closest relatives first. */
export function similarContent({ sr, key }: Params<'Volume.similar_content'>): Result<'Volume.similar_content'> {
  const relatives = [...generationsOf(groupOf(openRepository(sr)).logicalVolumes).current.values()].flatMap(relativeOf)
  const subject = relatives.find((relative) => relative.key === key)
  if (subject === undefined) throw errors.volumeDoesNotExist(key)
  return relatives
    .filter((other) => other !== subject && other.root === subject.root)
    .sort((left, right) => distance(subject, left) - distance(subject, right) || (left.key < right.key ? -1 : 1))
    .map((other) => other.key)
}

interface Relative {
  readonly key: string
  readonly root: string
  readonly origin?: string
}

/** A volume whose tags are damaged is similar to nothing. */
function relativeOf(generation: Generation): Relative[] {
  try {
    const { root, origin } = metadataOf(generation)
    return [{ key: generation.key, root, ...(origin === undefined ? {} : { origin }) }]
  } catch (error) {
    if (error instanceof DamagedTagsError) return []
    throw error
  }
}

/** 1 for a volume and its copy, 2 for two copies of one volume, 3 for anything further. */
function distance(one: Relative, other: Relative): number {
  if (one.origin === other.key || other.origin === one.key) return 1
  return one.origin !== undefined && one.origin === other.origin ? 2 : 3
}

function withBytes<T>({ layout, generation }: FoundVolume, body: Parameters<typeof withContent<T>>[2]): T {
  return withContent(piecesOf(layout, generation.volume), 'r', body)
}
