/** A daemon before a faithful switch: in this process, or as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join, resolve } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { Daemon } from '../../../src/toolstack/daemon/daemon.ts'
import type { DaemonOptions } from '../../../src/toolstack/daemon/options.ts'
import { MessageSwitch } from '../../support/message-switch/message-switch.ts'
import { scratch } from '../../support/scratch.ts'
import { demoDatapathPlugin, demoVolumePlugin, type ScriptedPlugin } from '../../support/scripted-plugin.ts'

export const MAIN = resolve(import.meta.dirname, '../../../dist/cli/main.cjs')
export const PACKAGE = resolve(import.meta.dirname, '../../..')
export const QUEUE = 'org.xen.xapi.storage.demo'
export const SR = '11111111-1111-1111-1111-111111111111'

export interface LogLine {
  readonly level: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

export interface Envelope {
  readonly result: unknown
  readonly error: unknown
}

/** Directories of one test, and a switch. */
export interface Place {
  readonly path: string
  readonly root: string
  readonly stateDirectory: string
  readonly stateFile: string
  readonly listenPath: string
  readonly switch: MessageSwitch
  /** Calls through the switch. */
  call(method: string, params?: object, queue?: string): Promise<Envelope>
}

export async function place(): Promise<Place> {
  const path = scratch()
  const root = join(path, 'root')
  for (const kind of ['volume.d', 'datapath.d']) mkdirSync(join(root, kind), { recursive: true, mode: 0o755 })
  const started = await MessageSwitch.start({ record: false })
  onTestFinished(() => started.stop())
  return {
    path,
    root,
    stateDirectory: join(path, 'state'),
    stateFile: join(path, 'run', 'state.db'),
    listenPath: join(path, 'listen'),
    switch: started,
    call: async (method, params = {}, queue = QUEUE) =>
      JSON.parse(await started.call(queue, request(method, params))) as Envelope,
  }
}

let ids = 0

/** A request as the toolstack writes it: no two are alike. */
export function request(method: string, params: object = {}): string {
  ids += 1
  return JSON.stringify({ method, params: [{ dbg: 'D', ...params }], id: ids })
}

export function demoPlugins({ root }: Place): { volume: ScriptedPlugin; datapath: ScriptedPlugin } {
  return { volume: demoVolumePlugin(root), datapath: demoDatapathPlugin(root) }
}

/** A daemon in this process. */
export async function daemonIn(
  { root, stateDirectory, stateFile, switch: { socketPath } }: Place,
  options: Partial<DaemonOptions> = {},
): Promise<{ daemon: Daemon; log: LogLine[] }> {
  const log: LogLine[] = []
  const daemon = new Daemon(
    { roots: [root], stateDirectory, stateFile, switchPath: socketPath, stopTimeout: 5, ...options },
    (level, fields, message) => log.push({ level, fields, message }),
  )
  onTestFinished(() => daemon.stop())
  await daemon.start()
  return { daemon, log }
}

/** A daemon as a process. */
export class DaemonProcess {
  readonly child: ChildProcess
  readonly log: string[] = []

  constructor(
    { root, stateDirectory, stateFile, listenPath, switch: { socketPath } }: Place,
    words: readonly string[] = [],
  ) {
    const own = ['--root', root, '--state-dir', stateDirectory, '--state-file', stateFile, '--listen', listenPath]
    const { PATH, HOME } = process.env
    this.child = spawn(process.execPath, [MAIN, 'serve', '--switch', socketPath, ...own, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH, HOME },
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.log.push(text))
    onTestFinished(async () => void (await this.end('SIGKILL')))
  }

  /** Waits until the log says so. */
  async says(text: string): Promise<void> {
    await until(() => this.log.join('').includes(text))
  }

  async ready(): Promise<this> {
    await this.says('the daemon serves')
    return this
  }

  /** Sends a signal and waits for the end; the exit status. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill(signal)
      await exited
    }
    return child.exitCode
  }
}

/** Waits for a condition. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(holds, { timeout: 120_000, interval: 10 })
}

/** Sends bytes to a socket and returns what comes back until the peer ends, or as many lines as asked for. */
export async function exchange(path: string, text: string, lines = Number.POSITIVE_INFINITY): Promise<string> {
  const socket = createConnection(path)
  let received = ''
  socket.setEncoding('utf8').write(text)
  for await (const chunk of socket) {
    received += String(chunk)
    if (received.split('\n').length > lines) break
  }
  socket.destroy()
  return received
}
