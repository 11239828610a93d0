/** An NBD server: nbdkit, which serves the files of a directory, each as the export of its name. */
import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { HOST_NEEDS, type ServerHost, serverHost } from './host.ts'
import type { ServerProcess } from './process.ts'
import { succeeds } from './tool.ts'

export const NBD_NEEDS = [...HOST_NEEDS, 'nbdkit', 'python3'] as const

export interface NbdServer {
  readonly host: ServerHost
  /** The directory of the exports' files. */
  readonly directory: string
  /** Makes an export of zeroes, and gives the path of its file. */
  addExport(name: string, bytes: number): string
  /** Kills the server as a crash does, keeping its files; clients see the connection reset. */
  kill(): Promise<void>
  /** Starts it again after kill(). */
  restart(): Promise<void>
  remove(): Promise<void>
}

/** @param options of nbdkit; REQUESTS in them stands for the file `requests` in the host's directory */
export async function nbdServer(options: readonly string[] = []): Promise<NbdServer> {
  const host = await serverHost()
  const directory = join(host.directory, 'exports')
  mkdirSync(directory)
  let nbdkit: ServerProcess

  async function start(): Promise<void> {
    const filters = options.filter((option) => option.startsWith('-'))
    const parameters = options.filter((option) => !option.startsWith('-'))
    nbdkit = host.start('nbdkit', [
      ...['--foreground', '--ipaddr', host.address, ...filters, 'file', `dir=${directory}`],
      ...parameters.map((option) => option.replace('REQUESTS', join(host.directory, 'requests'))),
    ])
    await nbdkit.ready(() => succeeds('/usr/bin/python3', ['-c', CONNECT, host.address, '10809']))
  }

  try {
    await start()
  } catch (error) {
    await host.remove()
    throw error
  }
  return {
    host,
    directory,
    addExport(name, bytes) {
      const path = join(directory, name)
      const descriptor = openSync(path, 'w')
      ftruncateSync(descriptor, bytes)
      closeSync(descriptor)
      return path
    },
    kill: () => nbdkit.kill(),
    restart: start,
    remove: () => host.remove(),
  }
}

const CONNECT = 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)'
