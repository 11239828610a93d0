import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Smapiv3Error } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'

/** Bytes. */
const LENGTH = 1024 * 1024

/**
 * Writes a pattern through the first implementation that is a file or a block device, and reads it back.
 * @returns the path written to
 * @throws Smapiv3Error INTERNAL where the bytes that come back are others
 */
export async function writeAndReadBack(backend: Result<'Datapath.attach'>, signal: AbortSignal): Promise<string> {
  const path = pathOf(backend)
  const pattern = randomBytes(LENGTH)
  const file = await open(path, 'r+')
  try {
    await file.write(pattern, 0, LENGTH, 0)
    await file.sync()
    signal.throwIfAborted()
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LENGTH), 0, LENGTH, 0)
    if (bytesRead === LENGTH && buffer.equals(pattern)) return path
  } finally {
    await file.close()
  }
  throw new Smapiv3Error('INTERNAL', `the bytes that came back from ${path} are not those that were written`)
}

function pathOf({ implementations }: Result<'Datapath.attach'>): string {
  for (const implementation of implementations) {
    if (implementation[0] === 'BlockDevice' || implementation[0] === 'File') return implementation[1].path
  }
  const seen = implementations.map(([name]) => name).join(', ')
  throw new Smapiv3Error('NO_DATAPATH', `none of the implementations is a file or a block device: ${seen}`)
}
