/**
 * Where exported directories were found, kept on this host from call to call: to ask the port mapper and the mount service
 * again takes longer than to read the header of an image, and activation is the downtime of a migration. It may be lost,
 * and be out of date: a server that was set up anew refuses the handle.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeRunFile, replaceRunFile, writeRunFile } from '../atomic-file.ts'
import { fileNameFor, runDirectory } from '../run-directory.ts'
import { ServerUnreachableError } from '../server.ts'
import { errnoOf } from '../storage-error.ts'
import { NfsClient } from './client.ts'
import type { RpcUser } from './rpc.ts'
import { type ExportPlace, findExport } from './services.ts'

/**
 * A client of an exported directory, at once where that was found before.
 * @param patience milliseconds that a request waits for its answer
 * @throws ServerUnreachableError, ExportError, RpcError, NfsError
 */
export async function connectAgain(host: string, path: string, user: RpcUser, patience: number): Promise<NfsClient> {
  const known = recall(host, path)
  if (known !== undefined) {
    try {
      return await NfsClient.at(host, known, user, patience)
    } catch (error) {
      forgetExport(host, path)
      if (error instanceof ServerUnreachableError) throw error
    }
  }
  const found = await findExport(host, path, user)
  const client = await NfsClient.at(host, found, user, patience)
  remember(host, path, found)
  return client
}

/** Forgets where an exported directory was found; it is no error where that is not known. */
export function forgetExport(host: string, path: string): void {
  removeRunFile(fileOf(host, path))
}

function recall(host: string, path: string): ExportPlace | undefined {
  try {
    const { port, root } = JSON.parse(readFileSync(fileOf(host, path), 'utf8')) as { port: number; root: string }
    return { port, root: Buffer.from(root, 'base64') }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Calls for other images of the directory may be at work. */
function remember(host: string, path: string, { port, root }: ExportPlace): void {
  const content = JSON.stringify({ port, root: root.toString('base64') })
  replaceRunFile(fileOf(host, path), (temporary) => writeRunFile(temporary, content))
}

function fileOf(host: string, path: string): string {
  return join(runDirectory('nfs-exports'), fileNameFor(JSON.stringify([host, path])))
}
