/**
 * Signs of life of the holder of a lock, given by a thread of their own: the call itself may wait for a tool that copies
 * for minutes.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Holder } from './holder.ts'

/** Signs of life within the time after which a holder counts as dead. */
const BEATS = 6

export interface Heart {
  /** Ends it; when this returns, the file is not touched any more. */
  stop(): void
}

/** Cells of the memory of a heart, that both threads see. */
const STOPPED = 0
const BUSY = 1

/** The thread of this process, which its first lock starts: a thread takes half as long to start as a call. */
let thread: Thread | undefined

interface Thread {
  readonly port: MessagePort
  /** A count that changes when there is something in the port. */
  readonly wake: Int32Array
}

/**
 * Writes a new count into the file of a lock again and again.
 * @param path of the file, which is the holder's
 */
export function startBeating(path: string, holder: Holder): Heart {
  const shared = new Int32Array(new SharedArrayBuffer(8))
  thread ??= startThread()
  thread.port.postMessage({ path, ...holder, milliseconds: (holder.seconds * 1000) / BEATS, shared })
  Atomics.add(thread.wake, 0, 1)
  Atomics.notify(thread.wake, 0)
  return {
    stop() {
      Atomics.store(shared, STOPPED, 1)
      while (Atomics.load(shared, BUSY) === 1) Atomics.wait(shared, BUSY, 1, 1000)
    },
  }
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
    const now = performance.now()
    hearts.push({ ...received.message, count: 0, last: now, next: now + received.message.milliseconds })
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
