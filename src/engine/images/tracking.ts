/**
 * Changed block tracking. Each image of a tracked volume has a bitmap of what was written to it, that is, since the last
 * snapshot: the bitmaps of the images between two snapshots together are what changed. Metadata say which volume the
 * changes of each are recorded since. Where an image goes and its record is still needed, KEY.cbt keeps that.
 *
 * What is not known for sure counts as changed: never a block too few.
 */
import { existsSync } from 'node:fs'
import { removeFile } from '../atomic-file.ts'
import { BLOCK_SIZE } from '../compare.ts'
import { randomUuid } from '../identifiers.ts'
import type { Lock } from '../lock.ts'
import { saveLiveBitmap, withWriter } from '../qsd/live.ts'
import { DamagedFileError, readRecord, writeRecord } from '../sr/record-file.ts'
import { allBlocks, type Blocks, blocksIn } from './blocks.ts'
import { imageSizes } from './image.ts'
import { changesFile, imageFile, newImageFile } from './layout.ts'
import { findMetadata, formatOf, hasData, type Metadata } from './metadata.ts'
import { readBitmap } from './qcow2-bitmap.ts'
import { createEmpty } from './qemu-img.ts'
import type { Repository } from './repository.ts'

/** The name of the bitmap in images. */
export const BITMAP = 'cbt'

/** What a volume changed, and since which. */
export interface Changes {
  readonly parent?: string
  readonly blocks: Blocks
}

const MEMBERS = { parent: 'string?', size: 'number', bitmap: 'string' }

/** The record in KEY.cbt; undefined where there is none. */
export function readChanges(directory: string, key: string): Changes | undefined {
  const path = changesFile(directory, key)
  if (!existsSync(path)) return undefined
  const { parent, size, bitmap } = readRecord(path, MEMBERS) as { parent?: string; size: number; bitmap: string }
  const bytes = Buffer.from(bitmap, 'base64')
  const count = Math.ceil(size / BLOCK_SIZE)
  if (bytes.length !== Math.ceil(count / 8))
    throw new DamagedFileError(path, `${bytes.length} bytes are too few or many`)
  return { ...(parent === undefined ? {} : { parent }), blocks: blocksIn(count, bytes) }
}

/**
 * Keeps what a volume changed in KEY.cbt, before its image goes or changes. It is no error where it is kept already.
 * Nobody writes to the volume, and its lock is held.
 */
export function keepChanges(directory: string, key: string, metadata: Metadata): void {
  if (metadata.cbt === undefined || existsSync(changesFile(directory, key))) return
  writeChanges(directory, key, changesAtRest(directory, key, metadata), sizeOf(directory, key, metadata))
}

/** Keeps what a hidden image changed since a volume. */
export function keepChangesOfNode(directory: string, node: string, metadata: Metadata): void {
  keepChanges(directory, node, { ...metadata, read_write: false })
}

/** What a volume changed that nobody writes to. */
export function changesAtRest(directory: string, key: string, metadata: Metadata): Changes {
  const kept = readChanges(directory, key)
  if (kept !== undefined) return kept
  const { parent, lost } = metadata.cbt ?? {}
  const blocks = lost ? undefined : readBitmap(imageFile(directory, key, 'qcow2'), BITMAP)
  return { ...(parent === undefined ? {} : { parent }), blocks: blocks ?? allBlocks(sizeOf(directory, key, metadata)) }
}

/** What a volume changed up to now, in use or not. */
export async function changesNow(
  repository: Repository,
  key: string,
  metadata: Metadata,
  held: Lock,
): Promise<Changes> {
  const { directory } = repository
  const local = metadata.read_write && hasData(metadata) ? repository.localDisk(`${key}.qcow2`) : undefined
  if (local === undefined) return changesAtRest(directory, key, metadata)
  return await withWriter(local.disk, async (writer) => {
    if (writer === undefined || metadata.cbt?.lost) return changesAtRest(directory, key, metadata)
    const size = sizeOf(directory, key, metadata)
    const path = newImageFile(directory, randomUuid(), 'qcow2')
    const { parent } = metadata.cbt ?? {}
    const saved = async (): Promise<Blocks | undefined> => {
      try {
        createEmpty(path, 'qcow2', size, held)
        await saveLiveBitmap(writer, BITMAP, BLOCK_SIZE, path)
        return readBitmap(path, BITMAP)
      } catch (error) {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
        return undefined
      } finally {
        removeFile(path)
      }
    }
    return { ...(parent === undefined ? {} : { parent }), blocks: (await saved()) ?? allBlocks(size) }
  })
}

/** Bytes of a volume, or of what it was. */
export function sizeOf(directory: string, key: string, metadata: Metadata): number {
  if (metadata.size_of_destroyed_data !== undefined) return metadata.size_of_destroyed_data
  return Number(imageSizes(directory, key, metadata).virtual)
}

/** Keys of the volumes and records that some volume's changes are recorded since. */
export function trackedParents(directory: string, keys: Iterable<string>): ReadonlySet<string> {
  const parents = new Set<string>()
  for (const key of keys) {
    for (const parent of [findMetadata(directory, key)?.cbt?.parent, readChanges(directory, key)?.parent]) {
      if (parent !== undefined) parents.add(parent)
    }
  }
  return parents
}

/** Whether a volume's format can record changes. */
export function canTrack(metadata: Metadata): boolean {
  return formatOf(metadata) === 'qcow2'
}

function writeChanges(directory: string, key: string, { parent, blocks }: Changes, size: number): void {
  writeRecord(changesFile(directory, key), {
    ...(parent === undefined ? {} : { parent }),
    size,
    bitmap: blocks.bytes.toString('base64'),
  })
}
