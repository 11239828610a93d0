/**
 * The socket of Datapath.import_activate: a descriptor that is sent to it (SCM_RIGHTS) becomes the server end of an NBD
 * connection to the disk. Node cannot receive descriptors; a small server in Python does, see datapath-import-server.ts.
 * It runs from import_activate to detach, and ends by itself when its socket is removed.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startBackground } from '../background.ts'
import { runDirectory, socketPath } from '../run-directory.ts'
import { errnoOf } from '../storage-error.ts'
import { sendSignal, waitUntil } from './daemon-process.ts'
import { IMPORT_SERVER } from './datapath-import-server.ts'
import type { DiskAddress } from './exports.ts'

/** Not the `python3` of the PATH, which may be any. */
const PYTHON = '/usr/bin/python3'

/** Milliseconds for the server to listen, and to end. */
const PATIENCE = 10_000

interface Places {
  readonly socket: string
  readonly pidFile: string
  readonly log: string
}

/**
 * Starts the server for a disk, unless it runs, and gives the path of its socket.
 * @throws PluginError (MissingDependency) where Python is not installed, StartError
 */
export async function startImportServer(id: string, nbd: NonNullable<DiskAddress['nbd']>): Promise<string> {
  const { socket, pidFile, log } = placesOf(id)
  if (existsSync(socket) && serverPid(socket, pidFile) !== undefined) return socket
  await endImportServer(id)
  await startBackground({
    command: PYTHON,
    package: 'python3-minimal',
    args: ['-I', '-S', '-c', IMPORT_SERVER, socket, nbd.socket, nbd.exportName],
    log,
    patience: PATIENCE,
    ready: () => existsSync(socket),
    started: (pid) => writeFileSync(pidFile, String(pid), { mode: 0o600 }),
  })
  return socket
}

/** Ends the server of a disk and its connections; it is no error where there is none. */
export async function endImportServer(id: string): Promise<void> {
  const { socket, pidFile, log } = placesOf(id)
  const pid = serverPid(socket, pidFile)
  if (pid !== undefined) {
    sendSignal(pid, 'SIGKILL')
    await waitUntil(() => serverPid(socket, pidFile) === undefined, PATIENCE)
  }
  for (const path of [socket, pidFile, log]) rmSync(path, { force: true })
}

function placesOf(id: string): Places {
  const directory = runDirectory('import')
  return {
    socket: socketPath(join(directory, id)),
    pidFile: join(directory, `${id}.pid`),
    log: join(directory, `${id}.log`),
  }
}

/** The pid of the server; undefined where it does not run, or the pid has been given to another process. */
function serverPid(socket: string, pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(socket) ? pid : undefined
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}
