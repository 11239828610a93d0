/** The methods of class Volume that read content: Volume.compare and Volume.similar_content. */
import type { Params, Result } from '../../contract/methods.ts'
import { BLOCK_SIZE, differingBlocks } from '../compare.ts'
import type { RepositoryDriver } from './driver.ts'
import { statImage } from './image.ts'
import { imageFile, readContents, volumeKeys } from './layout.ts'
import { findMetadata, type Metadata, readMetadata } from './metadata.ts'
import { openRepository } from './repository.ts'

export async function compare(
  driver: RepositoryDriver,
  { sr, key, key2 }: Params<'Volume.compare'>,
): Promise<Result<'Volume.compare'>> {
  const { directory } = await openRepository(driver, sr)
  for (const each of [key, key2]) {
    readMetadata(directory, each)
    statImage(directory, each)
  }
  const ranges = key === key2 ? [] : differingBlocks(imageFile(directory, key), imageFile(directory, key2))
  return { blocksize: BLOCK_SIZE, ranges }
}

/** Volumes that descend from the same one, the closest relatives first. */
export async function similarContent(
  driver: RepositoryDriver,
  { sr, key }: Params<'Volume.similar_content'>,
): Promise<Result<'Volume.similar_content'>> {
  const { directory } = await openRepository(driver, sr)
  const subject = { key, ...readMetadata(directory, key) }
  return readableMetadata(directory)
    .filter((other) => other.key !== key && other.root === subject.root)
    .sort((left, right) => distance(subject, left) - distance(subject, right) || (left.key < right.key ? -1 : 1))
    .map((other) => other.key)
}

/** The metadata of the volumes that can be read: one that is damaged or just destroyed is similar to nothing. */
function readableMetadata(directory: string): (Metadata & { key: string })[] {
  return volumeKeys(readContents(directory)).flatMap((key) => {
    const metadata = findMetadata(directory, key)
    return metadata === undefined ? [] : [{ ...metadata, key }]
  })
}

type Relative = Pick<Metadata, 'origin'> & { readonly key: string }

/** 1 for a volume and its copy, 2 for two copies of one volume, 3 for anything further. */
function distance(one: Relative, other: Relative): number {
  if (one.origin === other.key || other.origin === one.key) return 1
  return one.origin !== undefined && one.origin === other.origin ? 2 : 3
}
