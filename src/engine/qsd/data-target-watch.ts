/**
 * A watch over the target of an operation. A mirror holds a write of its disk back until it has arrived, and where the
 * target falls silent, without a word that it is gone, nothing in QEMU ever gives up: the watch does. It reads from the
 * target now and then, through the connection that the operation has, and ends the target's daemon where no answer comes;
 * the operation then fails, and the disk goes on. It ends with the daemon.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startBackground } from '../background.ts'
import { errnoOf } from '../storage-error.ts'
import type { Daemon } from './daemon.ts'
import { sendSignal, waitUntil } from './daemon-process.ts'

/** Not the `python3` of the PATH, which may be any. */
const PYTHON = '/usr/bin/python3'

/** Milliseconds for the watch to begin, and to end. */
const PATIENCE = 10_000

/** Requests of the NBD protocol: NBD_OPT_EXPORT_NAME (1), and NBD_CMD_READ (0), which is answered by 16 bytes and the data. */
const WATCH = `
import os, signal, socket, struct, sys, time

server, export, daemon, patience = sys.argv[1], os.fsencode(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
INTERVAL = 1
SECTOR = 512

def read(source, length):
    while length:
        part = source.recv(length)
        if not part:
            sys.exit()
        length -= len(part)

def is_daemon():
    try:
        with open('/proc/%d/cmdline' % daemon, 'rb') as line:
            return os.fsencode(server) in line.read()
    except OSError:
        return False

with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
    connection.settimeout(patience)
    try:
        connection.connect(server)
        read(connection, 18)
        connection.sendall(struct.pack('>I8sII', 3, b'IHAVEOPT', 1, len(export)) + export)
        read(connection, 10)
        print('watching', flush=True)
        while True:
            connection.sendall(struct.pack('>IHHQQI', 0x25609513, 0, 0, 0, 0, SECTOR))
            header = connection.recv(16, socket.MSG_WAITALL)
            if len(header) < 16:
                break
            if header[4:8] == bytes(4):
                read(connection, SECTOR)
            time.sleep(INTERVAL)
    except socket.timeout:
        if is_daemon():
            os.kill(daemon, signal.SIGKILL)
    except OSError:
        pass
`

/**
 * Begins to watch a target.
 * @param pid of its daemon
 * @param patience seconds that the target may be silent
 * @throws PluginError (MissingDependency) where Python is not installed, StartError
 */
export async function watchTarget({ daemon, id }: Target, pid: number, patience: number): Promise<void> {
  const { pidFile, log } = placesOf(daemon)
  await startBackground({
    command: PYTHON,
    package: 'python3-minimal',
    args: ['-I', '-S', '-c', WATCH, daemon.nbdSocket, id, String(pid), String(patience)],
    log,
    patience: PATIENCE,
    ready: () => readFileSync(log, 'utf8').includes('watching'),
    started: (watch) => writeFileSync(pidFile, String(watch), { mode: 0o600 }),
  })
}

/** Ends the watch over a target, before the target itself; it is no error where there is none. */
export async function endWatch(daemon: Daemon): Promise<void> {
  const pid = watchPid(daemon)
  if (pid === undefined) return
  sendSignal(pid, 'SIGKILL')
  await waitUntil(() => watchPid(daemon) === undefined, PATIENCE)
}

interface Target {
  readonly daemon: Daemon
  /** The name of its export. */
  readonly id: string
}

function placesOf({ directory }: Daemon): { readonly pidFile: string; readonly log: string } {
  return { pidFile: join(directory, 'watch.pid'), log: join(directory, 'watch.log') }
}

/** The pid of the watch; undefined where it does not run, or the pid has been given to another process. */
function watchPid(daemon: Daemon): number | undefined {
  const { pidFile } = placesOf(daemon)
  if (!existsSync(pidFile)) return undefined
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(daemon.nbdSocket) ? pid : undefined
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}
