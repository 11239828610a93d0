/** The daemon's own socket, for its user alone. */
import { once } from 'node:events'
import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { createConnection, type Server } from 'node:net'
import { Smapiv3Error } from '../../contract/errors.ts'

const MODE = 0o600

/**
 * Listens on a Unix socket of mode 600; one that a dead daemon has left is replaced.
 * @throws Smapiv3Error BAD_CONFIGURATION where the path is taken or cannot be used
 */
export async function listenAlone(server: Server, path: string): Promise<void> {
  const taken = await whatIsAt(path)
  if (taken !== undefined) throw new Smapiv3Error('BAD_CONFIGURATION', `cannot listen on ${path}: ${taken}`)
  // Between the two there must be no moment in which others may connect.
  const before = process.umask(0o777 & ~MODE)
  try {
    server.listen(path)
    await once(server, 'listening')
    chmodSync(path, MODE)
  } catch (cause) {
    throw new Smapiv3Error('BAD_CONFIGURATION', `cannot listen on ${path}: ${(cause as Error).message}`, { cause })
  } finally {
    process.umask(before)
  }
}

/** What keeps the path from being used. A socket behind which nobody is any more is removed. */
async function whatIsAt(path: string): Promise<string | undefined> {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  if (!stat.isSocket()) return 'something that is no socket stands there'
  const connection = createConnection(path)
  try {
    await once(connection, 'connect')
    return 'another process listens there'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') return (error as Error).message
    rmSync(path, { force: true })
    return undefined
  } finally {
    connection.destroy()
  }
}
