/**
 * A host of its own for a storage server: a network namespace with one cable to this machine, and a /run. The server has
 * an address and all well-known ports to itself, and can be cut off from the network. Needs root.
 *
 * Nothing outlives the test process: the namespace lives as long as a process that holds it, and every process of the
 * host gets SIGKILL when the test process ends.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { eventually } from './eventually.ts'
import { type ServerProcess, startProcess } from './process.ts'

export interface ServerHost {
  /** Where this machine reaches the server. */
  readonly address: string
  /** A directory for the server's files, removed with the host. */
  readonly directory: string
  /** The beginning of a command line that runs in the host's network, and with the files of this machine. */
  readonly throughNetwork: readonly string[]
  /** Starts a program on the host; its output goes to a file in the directory. */
  start(command: string, args: readonly string[], env?: Readonly<Record<string, string>>): ServerProcess
  /** Cuts the server off: nothing comes back from it, not even a refusal. */
  disconnect(): void
  connect(): void
  /** Ends what still runs on the host, and removes it. */
  remove(): Promise<void>
}

/** The tools that a server host needs, for `lacks`. */
export const HOST_NEEDS = ['root', 'ip', 'nsenter', 'setpriv'] as const

export async function serverHost(): Promise<ServerHost> {
  const { path: directory, cleanup } = await dir({ unsafeCleanup: true, prefix: 'sm3-' })
  const holder = spawn('setpriv', [...WITH_PARENT, 'unshare', '--net', '--mount', 'sh', '-c', HOLD], {
    env: TOOL_ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await echoed(holder)
  const { pid } = holder
  if (pid === undefined) throw new Error('the namespace was not made')
  const enter = [`--net=/proc/${pid}/ns/net`, `--mount=/proc/${pid}/ns/mnt`, '--']
  const { here, there, interfaceName } = layCable(pid)
  ip('address', 'add', `${here}/30`, 'dev', interfaceName)
  ip('link', 'set', interfaceName, 'up')
  const ipThere = (...args: string[]): void => {
    execFileSync('nsenter', [...enter, 'ip', ...args], { env: TOOL_ENVIRONMENT })
  }
  ipThere('link', 'set', 'lo', 'up')
  ipThere('address', 'add', `${there}/30`, 'dev', 'eth0')
  ipThere('link', 'set', 'eth0', 'up')
  const processes: ServerProcess[] = []
  mkdirSync(join(directory, 'log'))
  return {
    address: there,
    directory,
    throughNetwork: ['/usr/bin/nsenter', `--net=/proc/${pid}/ns/net`, '--'],
    start(command, args, env = {}) {
      const log = join(directory, 'log', `${processes.length}-${command}`)
      const process = startProcess('setpriv', [...WITH_PARENT, 'nsenter', ...enter, command, ...args], {
        env: { ...TOOL_ENVIRONMENT, ...env },
        log,
      })
      processes.push(process)
      return process
    },
    disconnect: () => ipThere('route', 'add', 'blackhole', `${here}/32`),
    connect: () => ipThere('route', 'del', 'blackhole', `${here}/32`),
    async remove() {
      for (const process of processes.reverse()) await process.stop()
      // Some start helpers that leave their process group, such as smbd.
      await eventually(() => {
        const helpers = processesIn(pid)
        for (const helper of helpers) killProcess(helper)
        return helpers.length === 0
      }, `nothing runs behind ${interfaceName} any more`)
      const ended = once(holder, 'exit')
      holder.stdin.end()
      await ended
      // The kernel takes the namespace apart a moment later, and with it the cable: or minutes later, where connections
      // have something left to send.
      if (interfaceExists(interfaceName)) removeInterface(interfaceName)
      await cleanup()
    },
  }
}

/** A /run of its own: some servers, such as rpcbind, have fixed names there and refuse to run twice. */
const HOLD = 'mount -t tmpfs tmpfs /run && mkdir /run/rpcbind && exec cat'

const WITH_PARENT = ['--pdeathsig', 'KILL', '--']

/** PATH is that of the system: Debian's own tools are tested, and servers are in the sbin directories. */
const TOOL_ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }

interface Cable {
  readonly here: string
  readonly there: string
  readonly interfaceName: string
}

/** How many subnets for two there are in 198.18.0.0/15, the range for tests of networks (RFC 2544). */
const SUBNETS = 0x8000

/**
 * Lays a cable to the network namespace of a process. Its name has the number of its subnet, which no other one can have then: pids
 * are more than there are subnets.
 */
function layCable(pid: number): Cable {
  for (let number = pid % SUBNETS; ; number = (number + 1) % SUBNETS) {
    const address = (host: number): string => {
      const bits = 4 * number + host
      return `198.${18 + (bits >> 16)}.${(bits >> 8) & 0xff}.${bits & 0xff}`
    }
    const interfaceName = `sm3-${number}`
    try {
      ip('link', 'add', interfaceName, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid))
      return { here: address(1), there: address(2), interfaceName }
    } catch (error) {
      if (!interfaceExists(interfaceName)) throw error
    }
  }
}

/** The processes in the network namespace of a process, beside itself. */
function processesIn(holder: number): readonly number[] {
  const namespaceOf = (pid: number): string | undefined => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`)
    } catch {
      return undefined
    }
  }
  const namespace = namespaceOf(holder)
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== holder && namespaceOf(pid) === namespace)
}

/** A helper may end by itself, now that its server has. */
function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Waits until the holder runs: it echoes its input. */
async function echoed(holder: ReturnType<typeof spawn>): Promise<void> {
  holder.stdin?.write('.')
  const { stdout } = holder
  if (stdout === null) throw new Error('the namespace was not made')
  await Promise.race([
    once(stdout, 'data'),
    once(holder, 'exit').then(([status]) => {
      throw new Error(`unshare --net ended with ${status}`)
    }),
  ])
}

function interfaceExists(name: string): boolean {
  try {
    execFileSync('ip', ['link', 'show', name], { env: TOOL_ENVIRONMENT, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function removeInterface(name: string): void {
  try {
    ip('link', 'delete', name)
  } catch (error) {
    // The kernel was faster.
    if (interfaceExists(name)) throw error
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { env: TOOL_ENVIRONMENT })
}
