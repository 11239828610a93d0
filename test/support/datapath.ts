/** A datapath plugin under test: its disks' bytes by NBD and as block devices, and whether it leaves anything behind. */
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import type { Result } from '../../src/contract/methods.ts'
import { installPlugin, type TestPlugin } from './plugin.ts'
import { eventually } from './servers/eventually.ts'

type Backend = Result<'Datapath.attach'>

/** Installs a datapath plugin with options in its config.json; overlays go to a directory of the test's own. */
export async function installDatapath(
  path: string,
  options: Readonly<Record<string, string>> = {},
  beside?: TestPlugin,
): Promise<TestPlugin & { readonly scratch: string }> {
  const plugin = await installPlugin(path, beside)
  const scratch = join(plugin.directory, '..', 's')
  writeFileSync(join(plugin.directory, 'config.json'), JSON.stringify({ scratch, ...options }))
  return {
    ...plugin,
    scratch,
    async remove() {
      wipe(plugin)
      await plugin.remove()
    },
  }
}

/** Takes away by force whatever a plugin left, so that a test that fails does not disturb others. */
export function wipe(plugin: TestPlugin): void {
  const base = join(plugin.directory, '..')
  // First, so that whoever waits for their storage gets an error.
  for (const pid of processesNaming(plugin.runDirectory)) killProcess(pid)
  for (const line of loopDevicesOf(base)) spawnSync('/usr/sbin/losetup', ['--detach', line.split(' ')[0] ?? ''])
  for (const line of linesWith('/proc/self/mountinfo', base)) {
    spawnSync('/usr/bin/umount', ['--lazy', line.split(' ')[4] ?? ''])
  }
  // By rm, which stays on one file system where something is mounted all the same.
  spawnSync('rm', ['-rf', '--one-file-system', plugin.runDirectory, join(base, 's')])
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** Kills processes, and waits until they have ended: until then, the next call may find them alive. */
export async function killProcesses(pids: readonly number[]): Promise<void> {
  for (const pid of pids) killProcess(pid)
  // One that nobody has waited for has no program any more.
  const isGone = (pid: number): boolean => !existsSync(join('/proc', String(pid), 'exe'))
  await eventually(() => pids.every(isGone), 'the killed processes have ended', KILL_PATIENCE)
}

/** The URI of the NBD export that attach offered, as qemu-io takes it. */
export function nbdUriOf({ implementations }: Backend): string {
  for (const [kind, value] of implementations) if (kind === 'Nbd') return value.uri
  throw new Error('no NBD export was offered')
}

/** Where qemu-io reaches the bytes: over NBD, by the block device or in the file, the first that attach offered. */
export function targetOf({ implementations }: Backend): string {
  const found = new Map(implementations.map(([kind, value]) => [kind, 'uri' in value ? value.uri : value]))
  for (const kind of ['Nbd', 'BlockDevice', 'File'] as const) {
    const value = found.get(kind)
    if (typeof value === 'string') return value
    if (value !== undefined && 'path' in value) return value.path
  }
  throw new Error('attach offered nothing that a test can read')
}

/** The path of the block device that attach offered. */
export function blockDeviceOf({ implementations }: Backend): string {
  for (const [kind, value] of implementations) if (kind === 'BlockDevice') return value.path
  throw new Error('no block device was offered')
}

/** Milliseconds for a process to end that was killed. */
const KILL_PATIENCE = 60_000

/** Milliseconds that commands of qemu-io may take: no test may be able to hang. */
const IO_PATIENCE = 100_000

/** Writes to an NBD export; it says so when the request has gone out, and waits then for the answer. */
const WRITER = `
import nbd, sys
client = nbd.NBD()
client.connect_uri(sys.argv[1])
request = client.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(b'\\x5a' * 65536)), 2 << 20)
while not client.aio_is_ready():
    client.poll(-1)
print('asked', flush=True)
while not client.aio_command_completed(request):
    client.poll(-1)
client.flush()
`

/** What `beginWriting` needs of the machine, for `lacks`. */
export const WRITER_NEEDS = ['python3', 'python3-libnbd'] as const

/** Writes to an NBD export. When this is fulfilled, its server has the request; `isDone` says whether it succeeds. */
export async function beginWriting(address: string): Promise<{ readonly isDone: Promise<boolean> }> {
  const uri = `nbd+unix:///${address.replace(/^nbd:unix:(.*):exportname=(.*)$/, '$2?socket=$1')}`
  const writer = spawn('/usr/bin/python3', ['-c', WRITER, uri], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: IO_PATIENCE,
    killSignal: 'SIGKILL',
  })
  const isDone = once(writer, 'exit').then(([status]) => status === 0)
  const [said] = await Promise.race([once(writer.stdout, 'data'), isDone.then(() => [''])])
  if (said === '') throw new Error(`${address} could not be written to at all`)
  return { isDone }
}

/** Runs commands of qemu-io on an NBD URI, a block device or an image; fails where one of them does. */
export async function io(
  target: string,
  commands: readonly string[],
  options: readonly string[] = [],
  format = 'raw',
): Promise<void> {
  const parts = commands.flatMap((command) => ['-c', command])
  const { stdout } = await promisify(execFile)('qemu-io', [...options, '-f', format, ...parts, target], {
    timeout: IO_PATIENCE,
    killSignal: 'SIGKILL',
  })
  if (/verification failed|error/i.test(stdout)) throw new Error(stdout)
}

/** The pids of the processes that have a directory in an argument; kernel threads and ps itself have none. */
export function processesNaming(directory: string, program = ''): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid) || pid === process.pid) return false
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return line.includes(directory) && line.startsWith(program)
      } catch {
        return false
      }
    })
}

/** Fails where a plugin left a process, mount, loop device, socket or overlay. */
export function expectNothingLeft(
  plugin: Pick<TestPlugin, 'directory' | 'runDirectory'> & { readonly scratch: string },
): void {
  const base = join(plugin.directory, '..')
  expect(processesNaming(plugin.runDirectory), 'processes').toEqual([])
  expect(linesWith('/proc/self/mountinfo', base), 'mounts').toEqual([])
  expectEventually(() => loopDevicesOf(base), 'loop devices')
  for (const directory of ['qsd', 'import', 'https']) {
    expect(filesIn(join(plugin.runDirectory, directory)), directory).toEqual([])
  }
  expect(filesIn(plugin.scratch), 'overlays').toEqual([])
}

/**
 * Fails where a list does not become empty: LVM, which another test may be running, opens every block device there is, and a
 * loop device that was detached meanwhile goes when it is closed.
 */
export function expectEventually(list: () => readonly string[], what: string): void {
  const end = Date.now() + 30_000
  while (list().length > 0 && Date.now() < end) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  expect(list(), what).toEqual([])
}

function loopDevicesOf(directory: string): readonly string[] {
  const output = execFileSync('/usr/sbin/losetup', ['--list', '--noheadings', '--raw', '--output', 'NAME,BACK-FILE'], {
    encoding: 'utf8',
  })
  return output.split('\n').filter((line) => line.includes(directory))
}

function filesIn(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}

function linesWith(file: string, text: string): readonly string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(text))
}
