/**
 * A connection to a Ceph cluster for one call: a process of Python that has Ceph's libraries does one request after the
 * other, and ends with this process, however that ends.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { errors } from '../../kit/index.ts'
import { CredentialsError, readPrivateFile } from '../credentials.ts'
import { ServerUnreachableError } from '../server.ts'
import { errnoOf } from '../storage-error.ts'
import { toolEnvironment } from '../tool.ts'
import type { SrLocation } from './location.ts'
import { monitorNames, reachMonitors } from './monitors.ts'
import type { Operations } from './operations.ts'

/** Not `python3`: an environment of the caller's may put another one first, which has no libraries of Ceph's. */
const PYTHON = '/usr/bin/python3'

/** The Debian packages of the libraries. */
const PACKAGES = 'python3-rados python3-rbd'

/** Seconds for the cluster to do one step. */
const PATIENCE = 60

/** An error of Ceph's. */
export class CephError extends Error {
  override readonly name = 'CephError'
  /** The name of its number, such as ENOENT. */
  readonly errno: string

  constructor(errno: string, message: string) {
    super(message)
    this.errno = errno
  }
}

/** The pool of a location is not there. */
export class PoolMissingError extends Error {
  override readonly name = 'PoolMissingError'
}

/** Who Ceph says we are. */
export type Connected = Operations['connect']['result']

export interface CephSession extends Connected {
  /** The process that is connected. */
  readonly pid: number
  /**
   * Has an operation done.
   * @throws CephError, PluginError SR_BACKEND_FAILURE_44 where the cluster is full
   */
  request<O extends keyof Operations>(operation: O, args: Operations[O]['arguments']): Promise<Operations[O]['result']>
  /** Ends the process; it is not waited for. */
  close(): void
}

/** What may be left out of a location: without a pool, only the cluster is reached. */
export type Destination = Partial<Pick<SrLocation, 'pool' | 'namespace'>> & Omit<SrLocation, 'pool' | 'namespace'>

/**
 * Connects to a cluster.
 * @param helper path of the program in Python
 * @throws ServerUnreachableError in bounded time, naming the monitors
 * @throws CredentialsError where the cluster does not let the user in
 * @throws PoolMissingError
 * @throws PluginError (MissingDependency) naming the Debian package
 */
export async function openSession(
  helper: string,
  destination: Destination,
  { patience = PATIENCE }: { readonly patience?: number } = {},
): Promise<CephSession> {
  const { id: user, keyring, conf, monitors, pool, namespace } = destination
  if (keyring !== undefined) readPrivateFile(keyring)
  // Started before the monitors have answered: its libraries take as long to load.
  const { pid, request, close } = startHelper(helper)
  try {
    await reachMonitors(destination)
    const connected = await request('connect', { pool, namespace, conf, user, keyring, monitors, patience })
    return { ...connected, pid, request, close }
  } catch (error) {
    close()
    throw connectionError(error, destination)
  }
}

/** The line of Plugin.diagnostics about the libraries that this stands on; see engines.ts. */
export async function cephLibrariesLine(helper: string): Promise<string> {
  const { request, close } = startHelper(helper)
  try {
    const versions = Object.entries(await request('versions', {})).map((each) => each.join(' '))
    return `engine: ${versions.join(', ')} for Python`
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return `missing: Ceph's libraries for Python (${reason.replaceAll(';', ',')}); apt-get install ${PACKAGES}`
  } finally {
    close()
  }
}

/** Runs a body with a connection. */
export async function withSession<T>(
  helper: string,
  destination: Destination,
  body: (session: CephSession) => Promise<T>,
  options?: Parameters<typeof openSession>[2],
): Promise<T> {
  const session = await openSession(helper, destination, options)
  try {
    return await body(session)
  } finally {
    session.close()
  }
}

function connectionError(error: unknown, destination: Destination): unknown {
  if (!(error instanceof CephError)) return error
  const user = `client.${destination.id ?? 'admin'}`
  if (error.errno === 'ETIMEDOUT') {
    return new ServerUnreachableError(
      `the Ceph cluster whose monitors are ${monitorNames(destination)} does not answer ${user}: ${error.message}`,
    )
  }
  if (['EACCES', 'EPERM', 'EOPNOTSUPP'].includes(error.errno)) {
    return new CredentialsError(`the Ceph cluster does not let ${user} in, check its keyring: ${error.message}`)
  }
  if (error.errno === 'ENOENT' && destination.pool !== undefined) {
    const { pool } = destination
    return new PoolMissingError(
      `there is no pool ${pool} in the Ceph cluster: \`ceph osd pool create ${pool}\` makes one`,
    )
  }
  return error
}

type Helper = Pick<CephSession, 'pid' | 'request' | 'close'>

function startHelper(path: string): Helper {
  const child = spawn(PYTHON, ['-I', '-B', path], {
    env: toolEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = linesOf(child)
  return {
    pid: child.pid ?? -1,
    async request(operation, args) {
      child.stdin.write(`${JSON.stringify([operation, args])}\n`)
      return resultOf(await answers()) as never
    },
    close() {
      child.stdin.end()
      child.unref()
      for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref()
    },
  }
}

/** What the process prints, line by line; rejects where it ends instead. */
function linesOf(child: ChildProcessByStdio<Writable, Readable, null>): () => Promise<string> {
  let parts: string[] = []
  const lines: string[] = []
  let ending: Error | undefined
  let wake = (): void => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const [first = '', ...rest] = text.split('\n')
    parts.push(first)
    for (const next of rest) {
      lines.push(parts.join(''))
      parts = [next]
    }
    if (lines.length > 0) wake()
  })
  const end = (error: Error): void => {
    ending ??= error
    wake()
  }
  // That it has gone is said by its exit.
  child.stdin.on('error', () => {})
  child.once('error', (error) => {
    end(errnoOf(error) === 'ENOENT' ? errors.missingDependency(PYTHON, 'python3') : error)
  })
  child.once('close', (status, signal) => end(new Error(`the connection to Ceph ended with ${signal ?? status}`)))
  return async () => {
    while (lines.length === 0) {
      if (ending !== undefined) throw ending
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return lines.shift() ?? ''
  }
}

interface Answer {
  readonly result?: unknown
  readonly error?: { readonly name: string; readonly message: string }
  /** A library that is not installed. */
  readonly missing?: string
}

function resultOf(line: string): unknown {
  const { result, error, missing } = JSON.parse(line) as Answer
  if (missing !== undefined) throw errors.missingDependency(`the Python library ${missing}`, `python3-${missing}`)
  if (error === undefined) return result
  if (['ENOSPC', 'EDQUOT'].includes(error.name)) throw errors.noSpace(error.message)
  throw new CephError(error.name, error.message)
}
