/**
 * A relay for servers whose certificate is signed by an authority of their own: QEMU's client knows only those that the
 * system trusts, and nbdkit's takes a file. nbdkit reads from the server and serves it over NBD to the daemon. There is
 * one for each URI, from attach to detach.
 */
import { closeSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openSecret } from '../../src/engine/background.ts'
import type { Credentials } from '../../src/engine/credentials.ts'
import { DiskUriError, type ParsedUri } from '../../src/engine/disk-uri.ts'
import { findProcess, sendSignal, waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { fileNameFor, runDirectory, socketPath } from '../../src/engine/run-directory.ts'
import { runToolWithin } from '../../src/engine/tool.ts'
import { urlOf } from './url.ts'

/** Milliseconds for nbdkit to be ready: the libraries of its client may have to come from a slow disk. */
const START_PATIENCE = 60_000

/** Milliseconds for nbdkit to end. */
const PATIENCE = 10_000

/** Seconds that a server has for a response. */
export const REQUEST_SECONDS = 30

/** The descriptor that nbdkit reads the password from. */
const PASSWORD_DESCRIPTOR = 3

/** The relay cannot be started. */
export class RelayError extends Error {
  override readonly name = 'RelayError'
}

/** The socket of the relay of a URI. */
export function relaySocket(uri: ParsedUri): string {
  return socketPath(join(runDirectory('https'), fileNameFor(uri.text)))
}

/**
 * Starts the relay of a URI, unless it runs.
 * @param ca path of the certificates of the authorities, in PEM
 * @throws PluginError (MissingDependency), ToolError with what nbdkit says, ToolTimeoutError, RelayError
 */
export async function startRelay(uri: ParsedUri, ca: string, credentials: Credentials): Promise<void> {
  const url = urlOf(uri)
  // It would be a secret more often than not, and a command line is no place for one.
  if (url.includes('?')) throw new DiskUriError(uri.text, 'a query for the server is not possible together with ca')
  if (!existsSync(ca)) throw new RelayError(`the file of the option ca does not exist: ${ca}`)
  const socket = relaySocket(uri)
  if (existsSync(socket) && (isListenedOn(socket) || findProcess(socket) !== undefined)) return
  if (existsSync(socket) || isListenedOn(socket)) await endRelay(uri)
  const { user, password } = credentials
  const log = `${socket}.log`
  const secret = password === undefined ? undefined : openSecret(`${socket}.secret`, password)
  try {
    const args = [
      ...['--unix', socket, '--readonly'],
      ...['curl', `url=${url}`, `cainfo=${ca}`, `capath=${noAuthorities()}`],
      ...['protocols=https', `timeout=${REQUEST_SECONDS}`],
      ...(user === undefined ? [] : [`user=${user}`]),
      ...(secret === undefined ? [] : [`password=-${PASSWORD_DESCRIPTOR}`]),
    ]
    // It goes into the background when it listens, or fails.
    await runToolWithin('nbdkit', args, START_PATIENCE, { log, inherited: secret })
  } finally {
    if (secret !== undefined) closeSync(secret)
    rmSync(log, { force: true })
  }
}

/**
 * Whether a process of this network namespace listens on a socket, as the kernel lists them: activate is the downtime of a
 * migration, and a look at every process takes milliseconds.
 */
function isListenedOn(socket: string): boolean {
  return readFileSync('/proc/net/unix', 'utf8').includes(` ${socket}\n`)
}

/**
 * An empty directory, in place of that of the authorities that the system trusts: those are not meant, and to read them all
 * takes longer than the connection.
 */
function noAuthorities(): string {
  return runDirectory('no-authorities')
}

/** Ends the relay of a URI; it is no error where there is none. */
export async function endRelay(uri: ParsedUri): Promise<void> {
  const socket = relaySocket(uri)
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const pid = findProcess(socket)
    if (pid === undefined) break
    sendSignal(pid, signal)
    await waitUntil(() => findProcess(socket) === undefined, PATIENCE)
  }
  rmSync(socket, { force: true })
}
