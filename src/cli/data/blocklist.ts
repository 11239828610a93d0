/** The blocks that a copy is made of. */
import { createReadStream } from 'node:fs'
import { addAbortSignal } from 'node:stream'
import { text } from 'node:stream/consumers'
import { explain } from '../../contract/explain.ts'
import { SHAPES } from '../../contract/generated/shapes.ts'
import { type Int64, int64, parseJson } from '../../contract/json.ts'
import type { Params } from '../../contract/methods.ts'
import { usage } from '../options.ts'

export type Blocklist = Params<'Data.copy'>['blocklist']

/** Bytes of a block of changed block tracking, which is what plugins copy by. */
const BLOCK = 65_536n

/** Every block of a disk of so many bytes. The last may reach beyond its end. */
export function wholeDisk(size: Int64): Blocklist {
  const blocks = (BigInt(size) + BLOCK - 1n) / BLOCK
  return { blocksize: int64(BLOCK), ranges: blocks === 0n ? [] : [[0, int64(blocks)]] }
}

/**
 * Reads a list of blocks as Volume.compare answers it.
 * @param file path, or `-` for standard input
 * @throws Smapiv3Error USAGE where it cannot be read, or is something else
 */
export async function readBlocklist(file: string, signal: AbortSignal): Promise<Blocklist> {
  const list = await contentOf(file, signal)
  const problem = explain(list, SHAPES['Volume.compare'].result, 'the list of blocks')
  if (problem !== undefined) throw usage(`${nameOf(file)} is no list of blocks: ${problem}`)
  return list as Blocklist
}

async function contentOf(file: string, signal: AbortSignal): Promise<unknown> {
  const stream = file === '-' ? process.stdin : createReadStream(file)
  try {
    return parseJson(await text(addAbortSignal(signal, stream)))
  } catch (thrown) {
    signal.throwIfAborted()
    throw usage(`${nameOf(file)} cannot be read as JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file
}
