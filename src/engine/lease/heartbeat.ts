/**
 * Signs of life of the holder of a lock, given by a thread of their own: the call itself may wait for a tool that copies
 * for minutes. Most calls are done long before the first sign is due, and a thread takes half as long to start as a call:
 * it is started when something begins that may take long, or when the first sign is due.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { attend } from '../busy.ts'
import { type Holder, isSame, overwrite } from './holder.ts'
import { holderFile, readHolder } from './lock-directory.ts'
import { now } from './sight.ts'

/** Signs of life within the time after which a holder counts as dead. */
const BEATS = 6

export interface Heart {
  /** Ends it; when this returns, the file is not touched any more. */
  stop(): void
}

/** Cells of the memory of a heart, that both threads see. */
const STOPPED = 0
const BUSY = 1

/** The thread of this process. */
let thread: Thread | undefined

interface Thread {
  readonly port: MessagePort
  /** A count that changes when there is something in the port. */
  readonly wake: Int32Array
}

/** A lock for which no sign of life was due yet. */
interface Young {
  /** Of the lock. */
  readonly path: string
  readonly holder: Holder
  readonly shared: Int32Array
  /** When it was taken, see {@link now}. */
  readonly since: number
  /** Fires when the first sign is due, where the process is not busy then. */
  readonly timer: NodeJS.Timeout
}

const young = new Set<Young>()

/**
 * Writes a new count into the file of a lock again and again.
 * @param path of the lock, whose holder was just written
 */
export function startBeating(path: string, holder: Holder): Heart {
  attend(ATTENDANT)
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const timer = setTimeout(() => handOver(heart), periodOf(holder)).unref()
  const heart: Young = { path, holder, shared, since: now(), timer }
  young.add(heart)
  if (thread !== undefined) handOver(heart)
  return {
    stop() {
      clearTimeout(timer)
      young.delete(heart)
      Atomics.store(shared, STOPPED, 1)
      while (Atomics.load(shared, BUSY) === 1) Atomics.wait(shared, BUSY, 1, 1000)
    },
  }
}

const ATTENDANT = {
  beforeLongWork() {
    for (const heart of young) handOver(heart)
  },
  beforeStep() {
    for (const heart of young) if (now() - heart.since > periodOf(heart.holder)) beatLate(heart)
  },
}

/**
 * Gives a sign of life that may come too late, since the step before may have waited for a server. Where that fails, the
 * thread goes on as long as it may.
 */
function beatLate(heart: Young): void {
  const { path, holder } = heart
  let count = 0
  try {
    const present = readHolder(path)
    const isOurs = present !== undefined && isSame(present, holder)
    if (!isOurs || !overwrite(holderFile(path), { ...holder, count: 1 })) die(path, 'another host has taken it')
    count = 1
  } catch (error) {
    if (now() - heart.since > periodOf(holder) * (BEATS - 2)) die(path, String(error))
  }
  handOver(heart, count)
}

function die(path: string, reason: string): never {
  process.stderr.write(`the lock ${path} is lost: ${reason}\n`)
  process.kill(process.pid, 'SIGKILL')
  throw new Error(reason)
}

/** Milliseconds between two signs of life. */
function periodOf({ seconds }: Holder): number {
  return (seconds * 1000) / BEATS
}

/** Leaves a lock to the thread. */
function handOver(heart: Young, count = 0): void {
  clearTimeout(heart.timer)
  young.delete(heart)
  const { path, holder, shared, since } = heart
  const silent = count > 0 ? 0 : now() - since
  thread ??= startThread()
  const milliseconds = periodOf(holder)
  thread.port.postMessage({ path: holderFile(path), ...holder, count, silent, milliseconds, shared })
  Atomics.add(thread.wake, 0, 1)
  Atomics.notify(thread.wake, 0)
}

function startThread(): Thread {
  const { port1, port2 } = new MessageChannel()
  const wake = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(SOURCE, { eval: true, workerData: { port: port2, wake }, transferList: [port2] })
  worker.unref()
  return { port: port1, wake }
}

/** In plain JavaScript: a plugin is one file, and the thread has to begin somewhere. The text is that of holder.ts. */
const SOURCE = `
const { receiveMessageOnPort, workerData: { port, wake } } = require('node:worker_threads')
const { openSync, closeSync, readSync, writeSync } = require('node:fs')
const { ESTALE } = require('node:os').constants.errno
const STOPPED = 0, BUSY = 1
let hearts = []

function die({ path }, reason) {
  writeSync(2, 'the lock ' + path + ' is lost: ' + reason + '\\n')
  process.kill(process.pid, 'SIGKILL')
}

function beat(heart) {
  const { path, host, token, seconds } = heart
  const mark = host + ' ' + token + ' '
  let descriptor
  try {
    descriptor = openSync(path, 'r+')
    const buffer = Buffer.alloc(mark.length)
    readSync(descriptor, buffer, 0, buffer.length, 0)
    if (buffer.toString() !== mark) return die(heart, 'another host has taken it')
    const text = mark + String(seconds).padStart(3, '0') + ' ' + String(++heart.count).padStart(10, '0') + '\\n'
    writeSync(descriptor, text, 0)
    heart.last = performance.now()
  } catch (error) {
    if (error.code === 'ENOENT' || error.errno === -ESTALE) return die(heart, 'another host has taken it')
    // One that waits for its turn is as silent as this one.
    const now = performance.now()
    const silent = hearts.find(({ shared, last, milliseconds }) =>
      Atomics.load(shared, STOPPED) === 0 && now - last > milliseconds * ${BEATS - 2})
    if (silent !== undefined) die(silent, error.message)
  } finally {
    if (descriptor !== undefined) try { closeSync(descriptor) } catch {}
  }
}

function beatUnlessStopped(heart) {
  const { shared } = heart
  Atomics.store(shared, BUSY, 1)
  if (Atomics.load(shared, STOPPED) === 0) beat(heart)
  Atomics.store(shared, BUSY, 0)
  Atomics.notify(shared, BUSY)
}

for (;;) {
  const seen = Atomics.load(wake, 0)
  for (let received; (received = receiveMessageOnPort(port)) !== undefined; ) {
    const heart = received.message
    const last = performance.now() - heart.silent
    hearts.push({ ...heart, last, next: last + heart.milliseconds })
  }
  hearts = hearts.filter(({ shared }) => Atomics.load(shared, STOPPED) === 0)
  for (const heart of hearts) {
    if (heart.next > performance.now()) continue
    beatUnlessStopped(heart)
    heart.next = performance.now() + heart.milliseconds
  }
  const next = Math.min(...hearts.map((heart) => heart.next))
  Atomics.wait(wake, 0, seen, Math.max(0, next - performance.now()))
}
`
