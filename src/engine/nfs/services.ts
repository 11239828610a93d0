/** The services beside NFS version 3 itself: where they are (RFC 1833), and what is exported (RFC 1813, appendix I). */
import { ServerUnreachableError } from '../server.ts'
import { RpcClient, RpcError, type RpcProgram, type RpcUser } from './rpc.ts'
import { XdrWriter } from './xdr.ts'

const PORT_MAPPER: RpcProgram = { name: 'the port mapper', number: 100_000, version: 2 }
const MOUNT: RpcProgram = { name: 'the mount service', number: 100_005, version: 3 }
export const NFS: RpcProgram = { name: 'NFS version 3', number: 100_003, version: 3 }

const PORT_MAPPER_PORT = 111
const GETPORT = 3
const MNT = 1
const EXPORT = 5
const TCP = 6

/** Status of MNT → what it means. */
const MOUNT_ERRORS: Readonly<Record<number, string>> = {
  1: 'this host is not allowed to use it',
  2: 'it does not exist',
  13: 'this host is not allowed to use it',
  20: 'it is not a directory',
}

/** Milliseconds that a question to these services may take. */
const PATIENCE = 5_000

/** A server that does not give out a directory. */
export class ExportError extends Error {
  override readonly name = 'ExportError'
}

/** A directory that a server exports. */
export interface NfsExport {
  readonly path: string
  /** Hosts, networks and netgroups that may use it; everybody where there are none. */
  readonly clients: readonly string[]
}

/**
 * What a server exports.
 * @throws ServerUnreachableError, RpcError
 */
export function nfsExports(host: string, user: RpcUser): Promise<readonly NfsExport[]> {
  return withService(host, MOUNT, user, async (client) => {
    const reply = await client.call(EXPORT)
    return reply.list(() => ({ path: reply.string(), clients: reply.list(() => reply.string()) }))
  })
}

/**
 * The file handle of an exported directory, or of one below it where the server allows that.
 * @throws ExportError, ServerUnreachableError, RpcError
 */
export function exportHandle(host: string, path: string, user: RpcUser): Promise<Buffer> {
  return withService(host, MOUNT, user, async (client) => {
    const reply = await client.call(MNT, new XdrWriter().string(path))
    const status = reply.uint32()
    if (status === 0) return reply.opaque()
    throw new ExportError(`the server ${host} does not give out ${path}: ${MOUNT_ERRORS[status] ?? `error ${status}`}`)
  })
}

/** Where a server has an exported directory. */
export interface ExportPlace {
  /** The file handle of the directory. */
  readonly root: Buffer
  /** The port at which the server has NFS. */
  readonly port: number
}

/**
 * Asks a server where it has an exported directory.
 * @throws ExportError, ServerUnreachableError, RpcError
 */
export async function findExport(host: string, path: string, user: RpcUser): Promise<ExportPlace> {
  const [root, port] = await Promise.all([exportHandle(host, path, user), portOf(host, NFS, user)])
  return { root, port }
}

async function withService<T>(
  host: string,
  program: RpcProgram,
  user: RpcUser,
  body: (client: RpcClient) => Promise<T>,
): Promise<T> {
  const client = new RpcClient({ host, port: await portOf(host, program, user) }, program, user, PATIENCE)
  try {
    return await body(client)
  } finally {
    client.close()
  }
}

async function portOf(host: string, { name, number, version }: RpcProgram, user: RpcUser): Promise<number> {
  const client = new RpcClient({ host, port: PORT_MAPPER_PORT }, PORT_MAPPER, user, PATIENCE)
  try {
    const reply = await client.call(GETPORT, new XdrWriter().uint32(number).uint32(version).uint32(TCP).uint32(0))
    const port = reply.uint32()
    if (port === 0) throw new RpcError(`the server ${host} does not have ${name} at the moment`)
    return port
  } catch (error) {
    if (!(error instanceof ServerUnreachableError)) throw error
    throw new ServerUnreachableError(`${error.message}; NFS version 3 needs it, and rpcbind on the server`)
  } finally {
    client.close()
  }
}
